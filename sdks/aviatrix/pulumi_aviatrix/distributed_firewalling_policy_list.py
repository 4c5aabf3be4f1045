"""The Controller-wide policy list, written whole and blindly: whoever applies last owns it.

Needs one owner on a Controller. Order matters: give the policies sorted by priority.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities, outputs
from ._inputs import DistributedFirewallingPolicyListPolicyArgs, DistributedFirewallingPolicyListPolicyArgsDict
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/distributedFirewallingPolicyList:DistributedFirewallingPolicyList"


@input_type
class DistributedFirewallingPolicyListArgs:
    """The properties of a DistributedFirewallingPolicyList."""

    policies: Input[Sequence[Input[DistributedFirewallingPolicyListPolicyArgs]]]
    distributed_firewalling_policy_list_id: Input[str | None] = None


@resource_type(TYPE)
class DistributedFirewallingPolicyList(pulumi.CustomResource):
    """The Controller-wide policy list, written whole and blindly: whoever applies last owns it."""

    distributed_firewalling_policy_list_id: Output[str]
    policies: Output[Sequence[outputs.DistributedFirewallingPolicyListPolicy]]

    @overload
    def __init__(self, resource_name: str, args: DistributedFirewallingPolicyListArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        distributed_firewalling_policy_list_id: Input[str | None] = None,
        policies: Input[
            Sequence[Input[DistributedFirewallingPolicyListPolicyArgs | DistributedFirewallingPolicyListPolicyArgsDict]] | None
        ] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DistributedFirewallingPolicyList, DistributedFirewallingPolicyListArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DistributedFirewallingPolicyList:  # noqa: A002
        """Return the existing DistributedFirewallingPolicyList with this provider id, read and not managed."""
        return DistributedFirewallingPolicyList(resource_name, with_id(id, opts))
