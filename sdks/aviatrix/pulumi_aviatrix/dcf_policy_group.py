"""A policy group: rulesets, groups and attachment points in order of priority (provider 8.2 and later).

`attachment_points[n].uuid` is what a ruleset's `attach_to` takes. An empty group is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import (
    DcfPolicyGroupAttachmentPointArgs,
    DcfPolicyGroupAttachmentPointArgsDict,
    DcfPolicyGroupPolicyGroupReferenceArgs,
    DcfPolicyGroupPolicyGroupReferenceArgsDict,
    DcfPolicyGroupRulesetReferenceArgs,
    DcfPolicyGroupRulesetReferenceArgsDict,
)
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/dcfPolicyGroup:DcfPolicyGroup"


@input_type
class DcfPolicyGroupArgs:
    """The properties of a DcfPolicyGroup."""

    attach_to: Input[str | None] = None
    attachment_points: Input[Sequence[Input[DcfPolicyGroupAttachmentPointArgs]] | None] = None
    dcf_policy_group_id: Input[str | None] = None
    name: Input[str | None] = None
    policy_group_references: Input[Sequence[Input[DcfPolicyGroupPolicyGroupReferenceArgs]] | None] = None
    ruleset_references: Input[Sequence[Input[DcfPolicyGroupRulesetReferenceArgs]] | None] = None


@resource_type(TYPE)
class DcfPolicyGroup(pulumi.CustomResource):
    """A policy group: rulesets, groups and attachment points in order of priority (provider 8.2 and later)."""

    attach_to: Output[str | None]
    attachment_points: Output[Sequence[outputs.DcfPolicyGroupAttachmentPoint] | None]
    dcf_policy_group_id: Output[str]
    name: Output[str]
    policy_group_references: Output[Sequence[outputs.DcfPolicyGroupPolicyGroupReference] | None]
    ruleset_references: Output[Sequence[outputs.DcfPolicyGroupRulesetReference] | None]
    system_resource: Output[bool]

    @overload
    def __init__(self, resource_name: str, args: DcfPolicyGroupArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        attach_to: Input[str | None] = None,
        attachment_points: Input[Sequence[Input[DcfPolicyGroupAttachmentPointArgs | DcfPolicyGroupAttachmentPointArgsDict]] | None] = None,
        dcf_policy_group_id: Input[str | None] = None,
        name: Input[str | None] = None,
        policy_group_references: Input[
            Sequence[Input[DcfPolicyGroupPolicyGroupReferenceArgs | DcfPolicyGroupPolicyGroupReferenceArgsDict]] | None
        ] = None,
        ruleset_references: Input[
            Sequence[Input[DcfPolicyGroupRulesetReferenceArgs | DcfPolicyGroupRulesetReferenceArgsDict]] | None
        ] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DcfPolicyGroup, DcfPolicyGroupArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DcfPolicyGroup:  # noqa: A002
        """Return the existing DcfPolicyGroup with this provider id, read and not managed."""
        return DcfPolicyGroup(resource_name, with_id(id, opts))
