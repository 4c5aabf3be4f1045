"""What happens to traffic that no rule matches, on every gateway of the Controller (provider 8.1 and later).

Destroying it sets PERMIT: keep it with `retain_on_delete`.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/distributedFirewallingDefaultActionRule:DistributedFirewallingDefaultActionRule"


@input_type
class DistributedFirewallingDefaultActionRuleArgs:
    """The properties of a DistributedFirewallingDefaultActionRule."""

    action: Input[str]
    logging: Input[bool]
    distributed_firewalling_default_action_rule_id: Input[str | None] = None
    log_profile: Input[str | None] = None


@resource_type(TYPE)
class DistributedFirewallingDefaultActionRule(pulumi.CustomResource):
    """What happens to traffic that no rule matches, on every gateway of the Controller (provider 8.1 and later)."""

    action: Output[str]
    distributed_firewalling_default_action_rule_id: Output[str]
    log_profile: Output[str]
    logging: Output[bool]

    @overload
    def __init__(
        self, resource_name: str, args: DistributedFirewallingDefaultActionRuleArgs, opts: ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        action: Input[str | None] = None,
        distributed_firewalling_default_action_rule_id: Input[str | None] = None,
        log_profile: Input[str | None] = None,
        logging: Input[bool | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DistributedFirewallingDefaultActionRule, DistributedFirewallingDefaultActionRuleArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DistributedFirewallingDefaultActionRule:  # noqa: A002
        """Return the existing DistributedFirewallingDefaultActionRule with this provider id, read and not managed."""
        return DistributedFirewallingDefaultActionRule(resource_name, with_id(id, opts))
