"""Network ACLs of the agent, endpoint and gateway subnets: a second barrier behind the security groups.

Traffic inside the VPC does not cross the gateway, so these ACLs isolate the agent from other hosts in the VPC. Rules kept here: an
agent subnet reaches the resolver, the endpoints on 443, the credential gateway on its port, and addresses outside the VPC, which the
gateway judges; endpoints answer agents and open no connections; no entry is about IPv6, so IPv6 is denied. ACLs are stateless, so
return traffic has separate entries. The entries are pure functions of the spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.network import AgentNetwork
from containment.config.spec import ContainmentSpec
from containment.names import DNS_PORT, HTTPS_PORT

EPHEMERAL = (1024, 65535)
"""Ports that answers return to (AWS VPC User Guide: ephemeral ports of all kinds of clients)."""

ANYWHERE = IPv4Network("0.0.0.0/0")
Line = tuple[str, str, IPv4Network, tuple[int, int]]
"""Action, protocol, peer, ports."""


class AccessLists(pulumi.ComponentResource):
    """The three ACLs of one stack."""

    def __init__(self, name: str, spec: ContainmentSpec, network: AgentNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:network:AccessLists", name, {}, opts)
        subnets = {"agent": network.agent_subnets, "endpoint": network.endpoint_subnets, "gateway": network.gateway_subnets}
        for role, (inward, outward) in build_entries(spec).items() if spec.config.enable_network_acls else ():
            aws.ec2.NetworkAcl(
                f"{name}-{role}",
                vpc_id=network.vpc.id,
                subnet_ids=[subnet.id for subnet in subnets[role]],
                ingress=convert_entries(inward),
                egress=convert_entries(outward),
                tags={"Name": f"{spec.object_prefix}-{role}"},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def build_entries(spec: ContainmentSpec) -> Mapping[str, tuple[Sequence[Line], Sequence[Line]]]:
    """Return the inbound and outbound entries per role of a subnet; the first match decides, and the default is deny."""
    vpc, resolver = spec.config.vpc_cidr, IPv4Network(spec.dns_resolver)
    gateways = (spec.gateway_subnet, *filter(None, [spec.ha_gateway_subnet]))
    https, dns = (HTTPS_PORT, HTTPS_PORT), (DNS_PORT, DNS_PORT)
    gateway = spec.credential_gateway
    calls: list[Line] = [("allow", "tcp", IPv4Network(gateway.address), (gateway.port, gateway.port))] if gateway else []
    answers: list[Line] = [("allow", "tcp", IPv4Network(gateway.address), EPHEMERAL)] if gateway else []
    private = (*spec.agent_subnets, *([gateway.subnet] if gateway else []))
    agent_in: list[Line] = [
        ("allow", "udp", resolver, EPHEMERAL),
        ("allow", "tcp", resolver, EPHEMERAL),
        *answers,
        *(("allow", "tcp", subnet, EPHEMERAL) for subnet in spec.endpoint_subnets),
        ("deny", "all", vpc, (0, 0)),
        ("allow", "tcp", ANYWHERE, EPHEMERAL),
        ("allow", "udp", ANYWHERE, EPHEMERAL),
        ("allow", "icmp", ANYWHERE, (0, 0)),
    ]
    agent_out: list[Line] = [
        ("allow", "udp", resolver, dns),
        ("allow", "tcp", resolver, dns),
        *calls,
        *(("allow", "tcp", subnet, https) for subnet in spec.endpoint_subnets),
        ("deny", "all", vpc, (0, 0)),
        ("allow", "all", ANYWHERE, (0, 0)),
    ]
    endpoint_in: list[Line] = [("allow", "tcp", subnet, https) for subnet in private]
    endpoint_out: list[Line] = [("allow", "tcp", subnet, EPHEMERAL) for subnet in private]
    # The Controller manages a gateway on 443, and peers reach it by IPsec (UDP 500, 4500); its security group limits the sources.
    gateway_in: list[Line] = [
        *(("deny", "all", subnet, (0, 0)) for subnet in spec.endpoint_subnets),
        *(("allow", "all", subnet, (0, 0)) for subnet in (*private, *gateways)),
        ("allow", "tcp", ANYWHERE, https),
        ("allow", "tcp", ANYWHERE, EPHEMERAL),
        ("allow", "udp", ANYWHERE, (500, 500)),
        ("allow", "udp", ANYWHERE, EPHEMERAL),
        ("allow", "icmp", ANYWHERE, (0, 0)),
    ]
    gateway_out: list[Line] = [
        *(("deny", "all", subnet, (0, 0)) for subnet in spec.endpoint_subnets),
        ("allow", "all", ANYWHERE, (0, 0)),
    ]
    return {"agent": (agent_in, agent_out), "endpoint": (endpoint_in, endpoint_out), "gateway": (gateway_in, gateway_out)}


def convert_entries(table: Iterable[Line]) -> list[dict[str, Any]]:
    """Return entries as arguments of the AWS provider, numbered in steps of ten from 100."""
    return [
        {
            "rule_no": 100 + 10 * index,
            "action": action,
            "protocol": {"all": "-1"}.get(protocol, protocol),
            "cidr_block": str(peer),
            "from_port": ports[0],
            "to_port": ports[1],
            **({"icmp_type": -1, "icmp_code": -1} if protocol == "icmp" else {}),
        }
        for index, (action, protocol, peer, ports) in enumerate(table)
    ]
