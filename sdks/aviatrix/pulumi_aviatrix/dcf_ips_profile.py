"""An intrusion profile: the rule feeds by which gateways inspect decrypted traffic, and the action per severity (provider 9.0 and later).

`uuid` is what the default profile takes. Actions are `alert` and `alert_and_drop`, by informational, minor, major and critical.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import DcfIpsProfileRuleFeedsArgs, DcfIpsProfileRuleFeedsArgsDict
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/dcfIpsProfile:DcfIpsProfile"


@input_type
class DcfIpsProfileArgs:
    """The properties of a DcfIpsProfile."""

    intrusion_actions: Input[Mapping[str, Input[str]]]
    profile_name: Input[str]
    rule_feeds: Input[DcfIpsProfileRuleFeedsArgs]
    dcf_ips_profile_id: Input[str | None] = None


@resource_type(TYPE)
class DcfIpsProfile(pulumi.CustomResource):
    """An intrusion profile: rule feeds, and the action per severity of an intrusion (provider 9.0 and later)."""

    dcf_ips_profile_id: Output[str]
    intrusion_actions: Output[Mapping[str, str]]
    profile_name: Output[str]
    rule_feeds: Output[outputs.DcfIpsProfileRuleFeeds]
    uuid: Output[str]

    @overload
    def __init__(self, resource_name: str, args: DcfIpsProfileArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        dcf_ips_profile_id: Input[str | None] = None,
        intrusion_actions: Input[Mapping[str, Input[str]] | None] = None,
        profile_name: Input[str | None] = None,
        rule_feeds: Input[DcfIpsProfileRuleFeedsArgs | DcfIpsProfileRuleFeedsArgsDict | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DcfIpsProfile, DcfIpsProfileArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DcfIpsProfile:  # noqa: A002
        """Return the existing DcfIpsProfile with this provider id, read and not managed."""
        return DcfIpsProfile(resource_name, with_id(id, opts))
