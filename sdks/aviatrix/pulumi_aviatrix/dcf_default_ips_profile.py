"""The Controller's default intrusion profile, which applies to every inspecting permit (provider 9.0 and later); there is one.

Deletion restores the Controller's built-in profile.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/dcfDefaultIpsProfile:DcfDefaultIpsProfile"


@input_type
class DcfDefaultIpsProfileArgs:
    """The properties of a DcfDefaultIpsProfile."""

    default_ips_profile: Input[str]
    dcf_default_ips_profile_id: Input[str | None] = None


@resource_type(TYPE)
class DcfDefaultIpsProfile(pulumi.CustomResource):
    """The Controller's default intrusion profile, which applies to every inspecting permit (provider 9.0 and later); there is one."""

    dcf_default_ips_profile_id: Output[str]
    default_ips_profile: Output[str]

    @overload
    def __init__(self, resource_name: str, args: DcfDefaultIpsProfileArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        dcf_default_ips_profile_id: Input[str | None] = None,
        default_ips_profile: Input[str | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DcfDefaultIpsProfile, DcfDefaultIpsProfileArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DcfDefaultIpsProfile:  # noqa: A002
        """Return the existing DcfDefaultIpsProfile with this provider id, read and not managed."""
        return DcfDefaultIpsProfile(resource_name, with_id(id, opts))
