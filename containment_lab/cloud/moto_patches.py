"""Corrections of moto, where a difference from AWS would falsify the lab's packets, inventories or destroy order.

Each patch wraps one method of a moto backend and corrects one behavior; a patch that moto makes unnecessary can be deleted. Calls that
moto lacks altogether are in `moto_extensions`.
"""

from __future__ import annotations

import base64
import functools
import itertools
import json
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models import EC2Backend, elastic_ip_addresses, elastic_network_interfaces, nat_gateways, vpcs
from moto.ec2.models.instances import Instance, MetadataOptions
from moto.ec2.responses import EC2Response
from moto.ec2.responses import instances as instance_calls
from moto.s3.models import FakeBucket

PUBLIC_ADDRESSES = ip_network("198.18.0.0/15")
"""Source of Elastic IPs and public addresses: the benchmarking range (RFC 2544), which is not routed on the internet."""

_WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}

_next_public = itertools.cycle(range(1, PUBLIC_ADDRESSES.num_addresses - 1))


def apply() -> None:
    """Apply all patches in this process."""
    elastic_ip_addresses.random_ip = _generate_public_address
    elastic_network_interfaces.random_public_ip = _generate_public_address
    vpcs.random_private_ip = nat_gateways.random_private_ip = lambda: None  # the subnet gives addresses, see create_network_interface
    instance_calls.parse_user_data = functools.partial(_encode_user_data, instance_calls.parse_user_data)
    for repair in (
        create_network_interface, delete_network_interface, create_vpc_endpoint, modify_vpc_endpoint, delete_vpc_endpoints,
        delete_nat_gateway, modify_instance_metadata_options, delete_subnet, delete_security_group, delete_vpc,
        modify_network_interface_attribute,
    ):  # fmt: skip
        _wrap(EC2Backend, repair)
    _wrap(EC2Response, modify_vpc_endpoint_names, "modify_vpc_endpoint")
    for name in ("create_network_acl_entry", "replace_network_acl_entry"):
        _wrap(EC2Response, keep_icmp_type, name)
    _wrap(EC2Response, _parse_block_device_mapping)
    _wrap(Instance, prep_nics)
    _wrap(Instance, terminate)
    _wrap(FakeBucket, get_permission)


def _wrap(owner: Any, repair: Callable[..., Any], name: str = "") -> None:
    original = getattr(owner, name or repair.__name__)

    @functools.wraps(original)
    def repaired(self: Any, *args: Any, **kwargs: Any) -> Any:
        return repair(original, self, *args, **kwargs)

    setattr(owner, name or repair.__name__, repaired)


def _generate_public_address() -> str:
    return str(PUBLIC_ADDRESSES[next(_next_public)])


def _encode_user_data(original: Any, value: Any) -> Any:
    """Encode changed user data, which arrives decoded and which moto would refuse as badly encoded."""
    return original(base64.b64encode(value).decode() if isinstance(value, bytes) else value)


# -- interfaces: addresses are taken from the subnet and returned to it -----------------------------------------------------


def create_network_interface(
    original: Any, self: Any, subnet: Any, private_ip_address: Any, private_ip_addresses: Any = None, *rest: Any, **kwargs: Any
) -> Any:
    """Give an interface without an address the subnet's next free one (moto chooses any, even a reserved one)."""
    subnet = self.get_subnet(subnet) if isinstance(subnet, str) else subnet
    if not private_ip_address and not private_ip_addresses:
        private_ip_address = subnet.get_available_subnet_ip(None)
    return original(self, subnet, private_ip_address, private_ip_addresses, *rest, **kwargs)


def delete_network_interface(original: Any, self: Any, eni_id: str) -> None:
    """Return the address to the subnet."""
    eni = self.enis.get(eni_id)
    original(self, eni_id)
    eni.subnet.del_subnet_ip(eni.private_ip_address)


def prep_nics(original: Any, self: Any, nic_spec: list[dict[str, Any]], **kwargs: Any) -> None:
    """Make a launch's interfaces end with the instance by default (moto keeps them)."""
    nic_spec = nic_spec or [{"DeviceIndex": 0}]
    for nic in nic_spec:
        if not nic.get("NetworkInterfaceId"):
            nic.setdefault("DeleteOnTermination", True)
    original(self, nic_spec, **kwargs)


def _parse_block_device_mapping(original: Any, self: Any) -> Any:
    """Make a launch's disks end with the instance by default (moto keeps them)."""
    mappings = original(self)
    for mapping, given in zip(mappings, self._get_param("BlockDeviceMappings", []), strict=True):
        mapping["Ebs"]["DeleteOnTermination"] = given.get("Ebs", {}).get("DeleteOnTermination", True)
    return mappings


def terminate(original: Any, self: Any) -> Any:
    """Free the Elastic IPs and the interfaces that outlive the instance."""
    backend = self.ec2_backend
    nics = list(self.nics.values())
    for eip in list(backend.addresses):
        if eip.instance is self or any(eip.eni is nic for nic in nics):
            backend.disassociate_address(association_id=eip.association_id)
    previous = original(self)
    for nic in nics:
        if not nic.delete_on_termination:
            nic.instance, nic.attachment_id, nic.attach_time, nic.status = None, None, None, "available"
    return previous


# -- endpoints and NAT gateways: their interfaces belong to AWS ------------------------------------------------------------


def create_vpc_endpoint(original: Any, self: Any, vpc_id: str, service_name: str, endpoint_type: str | None, *args: Any, **kw: Any) -> Any:
    """Set the type of a gateway endpoint, and the security groups of an interface endpoint's interfaces."""
    kind = endpoint_type or "Gateway"
    endpoint = original(self, vpc_id, service_name, kind, *args, **kw)
    if kind == "Gateway":
        endpoint.private_dns_enabled = False
    if kind == "Interface" and not endpoint.security_group_ids:
        endpoint.security_group_ids = [self.get_security_group_by_name_or_id("default", vpc_id=vpc_id).id]
    _create_interfaces(self, endpoint)
    return endpoint


def modify_vpc_endpoint(original: Any, self: Any, **kw: Any) -> None:
    """Update interfaces and routes to the endpoint's subnets, groups and route tables."""
    endpoint = self.describe_vpc_endpoints(vpc_end_point_ids=[kw["vpc_id"]])[0]
    tables = set(endpoint.route_table_ids)
    original(self, **kw)
    prefix_list = endpoint.destination_prefix_list_id
    for table in set(endpoint.route_table_ids) - tables if prefix_list else ():
        self.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
    for table in tables - set(endpoint.route_table_ids) if prefix_list else ():
        self.delete_route(table, prefix_list)
    _create_interfaces(self, endpoint)


def modify_vpc_endpoint_names(original: Any, self: Any) -> Any:
    """Apply a change of private names (moto drops that argument)."""
    answer = original(self)
    wanted = self._get_param("PrivateDnsEnabled")
    if wanted is not None:
        endpoint = self.ec2_backend.describe_vpc_endpoints(vpc_end_point_ids=[self._get_param("VpcEndpointId")])[0]
        endpoint.private_dns_enabled = str(wanted).lower() == "true"
    return answer


def delete_vpc_endpoints(original: Any, self: Any, vpce_ids: list[str] | None = None) -> None:
    """Remove deleted endpoints and free their interfaces' addresses."""
    for ident in vpce_ids or ():
        endpoint = self.vpc_end_points.get(ident)
        for eni_id in endpoint.network_interface_ids if endpoint else ():
            if eni_id in self.enis:
                self.delete_network_interface(eni_id)
    original(self, vpce_ids)
    for ident in vpce_ids or ():
        self.vpc_end_points.pop(ident, None)


def _create_interfaces(backend: Any, endpoint: Any) -> None:
    """Create an interface endpoint's interfaces: one in each of its subnets, with its groups."""
    if (endpoint.vpc_endpoint_type or "").lower() != "interface":
        return
    enis = {backend.enis[each].subnet.id: backend.enis[each] for each in endpoint.network_interface_ids if each in backend.enis}
    for subnet in set(enis) - set(endpoint.subnet_ids or ()):
        backend.delete_network_interface(enis.pop(subnet).id)
    for subnet in endpoint.subnet_ids or ():
        eni = enis.setdefault(subnet, None) or backend.create_network_interface(subnet, None)
        enis[subnet] = eni
        eni._group_set = [backend.get_security_group_from_id(group) for group in endpoint.security_group_ids]  # noqa: SLF001
        eni.description, eni.interface_type = f"VPC Endpoint Interface {endpoint.id}", "vpc_endpoint"
        eni.requester_managed, eni.status = True, "in-use"
    endpoint.network_interface_ids = [eni.id for eni in enis.values()]


def delete_nat_gateway(original: Any, self: Any, nat_gateway_id: str) -> Any:
    """Delete the gateway's interface and free its Elastic IP."""
    nat = original(self, nat_gateway_id)
    eni = nat._eni  # noqa: SLF001
    for eip in self.addresses:
        if eip.eni is eni:
            self.disassociate_address(association_id=eip.association_id)
    if eni.id in self.enis:
        self.delete_network_interface(eni.id)
    return nat


# -- instances ------------------------------------------------------------------------------------------------------------


def modify_instance_metadata_options(original: Any, self: Any, instance_id: str, **kw: Any) -> Any:  # noqa: ARG001
    """Keep the options that the call leaves unset (moto resets them to their defaults)."""
    instance = self.get_instance(instance_id)
    old: MetadataOptions = instance.metadata_options
    given = {
        "HttpTokens": kw.get("http_tokens") or old.http_tokens,
        "HttpPutResponseHopLimit": kw.get("hop_limit") or old.http_put_response_hop_limit,
        "HttpEndpoint": kw.get("http_endpoint") or old.http_endpoint,
        "HttpProtocolIpv6": kw.get("http_protocol") or old.http_protocol_ipv6,
        "InstanceMetadataTags": kw.get("metadata_tags") or old.instance_metadata_tags,
    }
    instance.metadata_options = MetadataOptions(given)
    return instance.metadata_options


# -- objects in use cannot be deleted --------------------------------------------------------------------------------------


def delete_subnet(original: Any, self: Any, subnet_id: str) -> Any:
    """Refuse while an interface is in the subnet."""
    if any(eni.subnet.id == subnet_id for eni in self.enis.values()):
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    for acl in self.network_acls.values():
        _drop(acl._associations, lambda each: each.subnet_id == subnet_id)  # noqa: SLF001
    for table in self.route_tables.values():
        _drop(table._associations, lambda target: target == subnet_id)  # noqa: SLF001
    return original(self, subnet_id)


def delete_security_group(original: Any, self: Any, name: str | None = None, group_id: str | None = None) -> Any:
    """Refuse while an interface carries the group."""
    if group_id and any(group is not None and group.id == group_id for eni in self.enis.values() for group in eni.group_set):
        raise DependencyViolationError(f"resource {group_id} has a dependent object")
    return original(self, name=name, group_id=group_id)


def modify_network_interface_attribute(original: Any, self: Any, eni_id: str, group_ids: list[str], *rest: Any, **kwargs: Any) -> Any:
    """Replace the groups of an attached interface (moto adds them to the instance's)."""
    original(self, eni_id, group_ids, *rest, **kwargs)
    interface = self.get_network_interface(eni_id)
    if group_ids and interface.instance:
        interface.instance.security_groups = list(interface._group_set)  # noqa: SLF001


def delete_vpc(original: Any, self: Any, vpc_id: str) -> Any:
    """Refuse while an internet gateway is attached; the default network ACL goes with the VPC."""
    if any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in self.internet_gateways.values()):
        raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    vpc = original(self, vpc_id)
    for ident in [acl.id for acl in self.network_acls.values() if acl.vpc_id == vpc_id]:
        del self.network_acls[ident]
    return vpc


def get_permission(original: Any, self: Any, action: str, resource: str) -> Any:
    """Leave out denials of connections without TLS: moto ignores conditions, and callers of the lab's S3 stand for callers over TLS."""
    whole = self.policy
    if whole is None:
        return original(self, action, resource)
    document = json.loads(whole)
    stated = document.get("Statement") or []
    kept = [one for one in (stated if isinstance(stated, list) else [stated]) if one.get("Condition") != _WITHOUT_TLS]
    try:
        self.policy = json.dumps({**document, "Statement": kept}).encode()
        return original(self, action, resource)
    finally:
        self.policy = whole


def _drop(entries: dict[str, Any], which: Callable[[Any], bool]) -> None:
    for key in [key for key, value in entries.items() if which(value)]:
        del entries[key]


def keep_icmp_type(original: Any, request: Any) -> Any:
    """Keep the ICMP type and code of a network ACL's entry, which are part of it and which moto drops.

    Without them a refresh reads an entry that the program did not declare, and plans to write it again.
    Source: EC2 API Reference, `CreateNetworkAclEntry`, `IcmpTypeCode`.
    """
    done = original(request)
    acl = request.ec2_backend.network_acls[request._get_param("NetworkAclId")]  # noqa: SLF001
    number, egress = int(request._get_param("RuleNumber")), _is_true(request._get_param("Egress"))  # noqa: SLF001
    for entry in acl.network_acl_entries:
        if int(entry.rule_number) == number and _is_true(entry.egress) is egress:
            entry.icmp_type, entry.icmp_code = (_parse_number(request, key) for key in ("Type", "Code"))
    return done


def _parse_number(request: Any, key: str) -> int | None:
    value = request._get_param(f"IcmpTypeCode.{key}")  # noqa: SLF001
    return None if value is None else int(value)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
