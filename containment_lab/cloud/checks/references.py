"""Checks of references between EC2 objects that EC2 makes and moto does not: missing objects and objects of another VPC.

Error codes are EC2's (EC2 API Reference, "Error codes for the Amazon EC2 API").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.ec2.exceptions import (
    EC2ClientError,
    InvalidAssociationIdError,
    InvalidSecurityGroupNotFoundError,
    InvalidTransitGatewayID,
)
from moto.ec2.models import EC2Backend

from containment_lab.cloud.checks.call_checks import add_check

Given = Mapping[str, Any]


def add() -> None:
    """Add the checks of references to moto in this process."""
    for name, check in {
        "create_security_group": _check_security_group,
        "authorize_security_group_ingress": _check_rule,
        "authorize_security_group_egress": _check_rule,
        "create_network_interface": _check_interface,
        "create_vpc_endpoint": _check_endpoint,
        "associate_route_table": _route_table,
        "create_route": _check_route,
        "replace_network_acl_association": _check_network_acl,
    }.items():
        add_check(EC2Backend, name, check)


def require_groups(backend: Any, subnet: Any, idents: Iterable[str]) -> None:
    """Refuse security groups that do not exist or are in another VPC than a subnet.

    Args:
        backend: moto's EC2 backend.
        subnet: The subnet; None if the call has none.
        idents: The groups' ids.
    """
    for ident in idents:
        group = backend.get_security_group_from_id(ident)
        if group is None:
            raise InvalidSecurityGroupNotFoundError(ident)
        if subnet is not None and group.vpc_id != subnet.vpc_id:
            raise EC2ClientError("InvalidParameter", f"Security group {ident} and subnet {subnet.id} belong to different networks.")


def _check_security_group(backend: Any, given: Given) -> None:
    if given.get("vpc_id"):
        backend.get_vpc(given["vpc_id"])


def _check_rule(backend: Any, given: Given) -> None:
    for each in given.get("prefix_list_ids") or ():
        ident = each["PrefixListId"]
        if ident not in backend.managed_prefix_lists:
            raise EC2ClientError("InvalidPrefixListID.NotFound", f"The prefix list ID '{ident}' does not exist")


def _check_interface(backend: Any, given: Given) -> None:
    subnet = given["subnet"]
    require_groups(backend, backend.get_subnet(subnet) if isinstance(subnet, str) else subnet, given.get("group_ids") or ())


def _check_endpoint(backend: Any, given: Given) -> None:
    subnets = [backend.get_subnet(ident) for ident in given.get("subnet_ids") or ()]
    for subnet in subnets:
        if subnet.vpc_id != given["vpc_id"]:
            raise EC2ClientError("InvalidParameter", f"The subnet ID '{subnet.id}' is not in the VPC {given['vpc_id']}.")
    for ident in given.get("security_group_ids") or ():
        group = backend.get_security_group_from_id(ident)
        if group is None:
            raise InvalidSecurityGroupNotFoundError(ident)
        if group.vpc_id != given["vpc_id"]:
            raise EC2ClientError("InvalidParameter", f"Security group {ident} and VPC {given['vpc_id']} belong to different networks.")


def _route_table(backend: Any, given: Given) -> None:
    if not given.get("subnet_id"):
        return
    subnet, table = backend.get_subnet(given["subnet_id"]), backend.get_route_table(given["route_table_id"])
    if subnet.vpc_id != table.vpc_id:
        _refuse_other_network(table.id, f"subnet {subnet.id}")


def _check_route(backend: Any, given: Given) -> None:
    table = backend.get_route_table(given["route_table_id"])
    if (nat := given.get("nat_gateway_id")) and nat not in backend.nat_gateways:
        raise EC2ClientError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    if (transit := given.get("transit_gateway_id")) and transit not in backend.transit_gateways:
        raise InvalidTransitGatewayID(transit)
    gateway = backend.internet_gateways.get(given.get("gateway_id"))
    if gateway is not None and (gateway.vpc is None or gateway.vpc.id != table.vpc_id):
        _refuse_other_network(table.id, f"network gateway {gateway.id}")


def _check_network_acl(backend: Any, given: Given) -> None:
    ident, acl = given["association_id"], backend.get_network_acl(given["network_acl_id"])
    found = next((each._associations[ident] for each in backend.network_acls.values() if ident in each._associations), None)  # noqa: SLF001
    if found is None:
        raise InvalidAssociationIdError(ident)
    subnet = backend.get_subnet(found.subnet_id)
    if subnet.vpc_id != acl.vpc_id:
        raise EC2ClientError("InvalidParameterValue", f"network ACL {acl.id} and subnet {subnet.id} belong to different networks")


def _refuse_other_network(table: str, other: str) -> None:
    raise EC2ClientError("InvalidParameterValue", f"route table {table} and {other} belong to different networks")
