"""A TLS profile: how origin certificates are checked, and whether the SNI must match them (provider 8.2 and later).

`uuid` is what a rule's `tls_profile` takes. `certificate_validation` is CERTIFICATE_VALIDATION_NONE, _LOG_ONLY or _ENFORCE.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/dcfTlsProfile:DcfTlsProfile"


@input_type
class DcfTlsProfileArgs:
    """The properties of a DcfTlsProfile."""

    certificate_validation: Input[str]
    display_name: Input[str]
    verify_sni: Input[bool]
    ca_bundle_id: Input[str | None] = None
    dcf_tls_profile_id: Input[str | None] = None


@resource_type(TYPE)
class DcfTlsProfile(pulumi.CustomResource):
    """A TLS profile: how origin certificates are checked, and whether the SNI must match them (provider 8.2 and later)."""

    ca_bundle_id: Output[str | None]
    certificate_validation: Output[str]
    dcf_tls_profile_id: Output[str]
    display_name: Output[str]
    uuid: Output[str]
    verify_sni: Output[bool]

    @overload
    def __init__(self, resource_name: str, args: DcfTlsProfileArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        ca_bundle_id: Input[str | None] = None,
        certificate_validation: Input[str | None] = None,
        dcf_tls_profile_id: Input[str | None] = None,
        display_name: Input[str | None] = None,
        verify_sni: Input[bool | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DcfTlsProfile, DcfTlsProfileArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DcfTlsProfile:  # noqa: A002
        """Return the existing DcfTlsProfile with this provider id, read and not managed."""
        return DcfTlsProfile(resource_name, with_id(id, opts))
