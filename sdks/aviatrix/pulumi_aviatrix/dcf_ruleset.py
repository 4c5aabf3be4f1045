"""A ruleset of its own, hung on an attachment point (provider 8.2 and later).

`id` is the ruleset's uuid. One object only can hang on a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import DcfRulesetRuleArgs, DcfRulesetRuleArgsDict
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/dcfRuleset:DcfRuleset"


@input_type
class DcfRulesetArgs:
    """The properties of a DcfRuleset."""

    attach_to: Input[str | None] = None
    dcf_ruleset_id: Input[str | None] = None
    name: Input[str | None] = None
    rules: Input[Sequence[Input[DcfRulesetRuleArgs]] | None] = None


@resource_type(TYPE)
class DcfRuleset(pulumi.CustomResource):
    """A ruleset of its own, hung on an attachment point (provider 8.2 and later)."""

    attach_to: Output[str | None]
    dcf_ruleset_id: Output[str]
    name: Output[str]
    rules: Output[Sequence[outputs.DcfRulesetRule] | None]
    system_resource: Output[bool]

    @overload
    def __init__(self, resource_name: str, args: DcfRulesetArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        attach_to: Input[str | None] = None,
        dcf_ruleset_id: Input[str | None] = None,
        name: Input[str | None] = None,
        rules: Input[Sequence[Input[DcfRulesetRuleArgs | DcfRulesetRuleArgsDict]] | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DcfRuleset, DcfRulesetArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DcfRuleset:  # noqa: A002
        """Return the existing DcfRuleset with this provider id, read and not managed."""
        return DcfRuleset(resource_name, with_id(id, opts))
