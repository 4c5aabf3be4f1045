"""A SmartGroup: workloads by tag, property, CIDR or name, used as source or destination of rules.

`uuid` is what rules refer to. Membership by tag follows the Controller's inventory poll, up to an hour late.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import SmartGroupSelectorArgs, SmartGroupSelectorArgsDict
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/smartGroup:SmartGroup"


@input_type
class SmartGroupArgs:
    """The properties of a SmartGroup."""

    selector: Input[SmartGroupSelectorArgs]
    name: Input[str | None] = None
    smart_group_id: Input[str | None] = None


@resource_type(TYPE)
class SmartGroup(pulumi.CustomResource):
    """A SmartGroup: workloads by tag, property, CIDR or name, used as source or destination of rules."""

    name: Output[str]
    selector: Output[outputs.SmartGroupSelector]
    smart_group_id: Output[str]
    uuid: Output[str]

    @overload
    def __init__(self, resource_name: str, args: SmartGroupArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        name: Input[str | None] = None,
        selector: Input[SmartGroupSelectorArgs | SmartGroupSelectorArgsDict | None] = None,
        smart_group_id: Input[str | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(SmartGroup, SmartGroupArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> SmartGroup:  # noqa: A002
        """Return the existing SmartGroup with this provider id, read and not managed."""
        return SmartGroup(resource_name, with_id(id, opts))
