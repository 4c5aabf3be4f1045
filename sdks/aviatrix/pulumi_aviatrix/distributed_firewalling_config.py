"""Turns the distributed cloud firewall on (older releases; `ConfigFeature` replaces it).

Destroying it turns the firewall off for the whole Controller.
"""

from __future__ import annotations

from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/distributedFirewallingConfig:DistributedFirewallingConfig"


@input_type
class DistributedFirewallingConfigArgs:
    """The properties of a DistributedFirewallingConfig."""

    distributed_firewalling_config_id: Input[str | None] = None
    enable_distributed_firewalling: Input[bool | None] = None


@resource_type(TYPE)
class DistributedFirewallingConfig(pulumi.CustomResource):
    """Turns the distributed cloud firewall on (older releases; `ConfigFeature` replaces it)."""

    distributed_firewalling_config_id: Output[str]
    enable_distributed_firewalling: Output[bool | None]

    @overload
    def __init__(self, resource_name: str, args: DistributedFirewallingConfigArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        distributed_firewalling_config_id: Input[str | None] = None,
        enable_distributed_firewalling: Input[bool | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(DistributedFirewallingConfig, DistributedFirewallingConfigArgs, args, kwargs)
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> DistributedFirewallingConfig:  # noqa: A002
        """Return the existing DistributedFirewallingConfig with this provider id, read and not managed."""
        return DistributedFirewallingConfig(resource_name, with_id(id, opts))
