"""A spoke gateway: the instance through which a VPC's traffic leaves, and where rules are enforced.

`cloud_type` 1 is AWS. With `single_ip_snat` the Controller itself points the private route tables' default route at the gateway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

import pulumi
from pulumi import Input, Output, ResourceOptions

from . import _utilities
from ._types import input_type, prepare, resource_type, with_id

TYPE = "aviatrix:index/spokeGateway:SpokeGateway"


@input_type
class SpokeGatewayArgs:
    """The properties of a SpokeGateway."""

    account_name: Input[str]
    cloud_type: Input[float]
    gw_name: Input[str]
    gw_size: Input[str]
    subnet: Input[str]
    vpc_id: Input[str]
    vpc_reg: Input[str]
    allocate_new_eip: Input[bool | None] = None
    customer_managed_keys: Input[str | None] = None
    customized_spoke_vpc_routes: Input[str | None] = None
    eip: Input[str | None] = None
    enable_encrypt_volume: Input[bool | None] = None
    enable_ipv6: Input[bool | None] = None
    enable_monitor_gateway_subnets: Input[bool | None] = None
    enable_private_vpc_default_route: Input[bool | None] = None
    enable_skip_public_route_table_update: Input[bool | None] = None
    enable_vpc_dns_server: Input[bool | None] = None
    filtered_spoke_vpc_routes: Input[str | None] = None
    ha_gw_size: Input[str | None] = None
    ha_subnet: Input[str | None] = None
    included_advertised_spoke_routes: Input[str | None] = None
    insane_mode: Input[bool | None] = None
    insane_mode_az: Input[str | None] = None
    manage_ha_gateway: Input[bool | None] = None
    monitor_exclude_lists: Input[Sequence[Input[str]] | None] = None
    route_tables: Input[Sequence[Input[str]] | None] = None
    single_az_ha: Input[bool | None] = None
    single_ip_snat: Input[bool | None] = None
    tags: Input[Mapping[str, Input[str]] | None] = None
    tunnel_detection_time: Input[float | None] = None


@resource_type(TYPE)
class SpokeGateway(pulumi.CustomResource):
    """A spoke gateway: the instance through which a VPC's traffic leaves, and where rules are enforced."""

    account_name: Output[str]
    allocate_new_eip: Output[bool | None]
    cloud_instance_id: Output[str]
    cloud_type: Output[float]
    customer_managed_keys: Output[str | None]
    customized_spoke_vpc_routes: Output[str | None]
    eip: Output[str]
    enable_encrypt_volume: Output[bool | None]
    enable_ipv6: Output[bool | None]
    enable_monitor_gateway_subnets: Output[bool | None]
    enable_private_vpc_default_route: Output[bool | None]
    enable_skip_public_route_table_update: Output[bool | None]
    enable_vpc_dns_server: Output[bool | None]
    filtered_spoke_vpc_routes: Output[str | None]
    gw_name: Output[str]
    gw_size: Output[str]
    ha_cloud_instance_id: Output[str]
    ha_gw_name: Output[str]
    ha_gw_size: Output[str | None]
    ha_private_ip: Output[str]
    ha_public_ip: Output[str]
    ha_security_group_id: Output[str]
    ha_subnet: Output[str | None]
    included_advertised_spoke_routes: Output[str | None]
    insane_mode: Output[bool | None]
    insane_mode_az: Output[str | None]
    manage_ha_gateway: Output[bool | None]
    monitor_exclude_lists: Output[Sequence[str] | None]
    private_ip: Output[str]
    public_ip: Output[str]
    route_tables: Output[Sequence[str] | None]
    security_group_id: Output[str]
    single_az_ha: Output[bool | None]
    single_ip_snat: Output[bool | None]
    software_version: Output[str]
    subnet: Output[str]
    tags: Output[Mapping[str, str] | None]
    tunnel_detection_time: Output[float]
    vpc_id: Output[str]
    vpc_reg: Output[str]

    @overload
    def __init__(self, resource_name: str, args: SpokeGatewayArgs, opts: ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        opts: ResourceOptions | None = None,
        *,
        account_name: Input[str | None] = None,
        allocate_new_eip: Input[bool | None] = None,
        cloud_type: Input[float | None] = None,
        customer_managed_keys: Input[str | None] = None,
        customized_spoke_vpc_routes: Input[str | None] = None,
        eip: Input[str | None] = None,
        enable_encrypt_volume: Input[bool | None] = None,
        enable_ipv6: Input[bool | None] = None,
        enable_monitor_gateway_subnets: Input[bool | None] = None,
        enable_private_vpc_default_route: Input[bool | None] = None,
        enable_skip_public_route_table_update: Input[bool | None] = None,
        enable_vpc_dns_server: Input[bool | None] = None,
        filtered_spoke_vpc_routes: Input[str | None] = None,
        gw_name: Input[str | None] = None,
        gw_size: Input[str | None] = None,
        ha_gw_size: Input[str | None] = None,
        ha_subnet: Input[str | None] = None,
        included_advertised_spoke_routes: Input[str | None] = None,
        insane_mode: Input[bool | None] = None,
        insane_mode_az: Input[str | None] = None,
        manage_ha_gateway: Input[bool | None] = None,
        monitor_exclude_lists: Input[Sequence[Input[str]] | None] = None,
        route_tables: Input[Sequence[Input[str]] | None] = None,
        single_az_ha: Input[bool | None] = None,
        single_ip_snat: Input[bool | None] = None,
        subnet: Input[str | None] = None,
        tags: Input[Mapping[str, Input[str]] | None] = None,
        tunnel_detection_time: Input[float | None] = None,
        vpc_id: Input[str | None] = None,
        vpc_reg: Input[str | None] = None,
    ) -> None: ...
    def __init__(self, resource_name: str, *args: Any, **kwargs: Any) -> None:
        props, opts = prepare(SpokeGateway, SpokeGatewayArgs, args, kwargs, secret=("customer_managed_keys",))
        super().__init__(TYPE, resource_name, props, opts, package_ref=_utilities.get_package())

    @staticmethod
    def get(resource_name: str, id: Input[str], opts: ResourceOptions | None = None) -> SpokeGateway:  # noqa: A002
        """Return the existing SpokeGateway with this provider id, read and not managed."""
        return SpokeGateway(resource_name, with_id(id, opts))
