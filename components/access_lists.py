"""Network ACLs: what may cross the border of the agent, endpoint and gateway subnets, whatever a security group says.

Same-VPC traffic never meets the gateway, so this is where neighbours are kept apart. Rules kept here: an agent subnet
reaches the resolver, the endpoints on 443 and what lies outside the VPC, which is the gateway's to judge; endpoints
answer agents and start nothing; nothing is said about IPv6, so that stays closed. ACLs keep no state: answers have lines
of their own. Tables of lines are pure functions of the spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pulumi_aws as aws

from components.network import AgentNetwork
from containment.model.names import DNS_PORT, HTTPS_PORT
from containment.model.spec import ContainmentSpec

EPHEMERAL = (1024, 65535)
"""Ports that answers go to (AWS VPC guide: what clients of every kind use)."""

ANYWHERE = IPv4Network("0.0.0.0/0")
Line = tuple[str, str, IPv4Network, tuple[int, int]]
"""Action, protocol, peer, ports."""


class AccessLists(pulumi.ComponentResource):
    """The three ACLs of one stack."""

    def __init__(self, name: str, spec: ContainmentSpec, network: AgentNetwork, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:network:AccessLists", name, {}, opts)
        subnets = {"agent": network.agent_subnets, "endpoint": network.endpoint_subnets, "gateway": network.gateway_subnets}
        for role, (inward, outward) in lines(spec).items() if spec.config.enable_network_acls else ():
            aws.ec2.NetworkAcl(
                f"{name}-{role}",
                vpc_id=network.vpc.id,
                subnet_ids=[subnet.id for subnet in subnets[role]],
                ingress=numbered(inward),
                egress=numbered(outward),
                tags={"Name": f"{spec.object_prefix}-{role}"},
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def lines(spec: ContainmentSpec) -> Mapping[str, tuple[Sequence[Line], Sequence[Line]]]:
    """Return for each role its lines inward and outward; the first that matches decides, and the rest is denied."""
    vpc, resolver = spec.config.vpc_cidr, IPv4Network(spec.dns_resolver)
    gateways = (spec.gateway_subnet, *filter(None, [spec.ha_gateway_subnet]))
    https, dns = (HTTPS_PORT, HTTPS_PORT), (DNS_PORT, DNS_PORT)
    agent_in: list[Line] = [
        ("allow", "udp", resolver, EPHEMERAL),
        ("allow", "tcp", resolver, EPHEMERAL),
        *(("allow", "tcp", subnet, EPHEMERAL) for subnet in spec.endpoint_subnets),
        ("deny", "all", vpc, (0, 0)),
        ("allow", "tcp", ANYWHERE, EPHEMERAL),
        ("allow", "udp", ANYWHERE, EPHEMERAL),
        ("allow", "icmp", ANYWHERE, (0, 0)),
    ]
    agent_out: list[Line] = [
        ("allow", "udp", resolver, dns),
        ("allow", "tcp", resolver, dns),
        *(("allow", "tcp", subnet, https) for subnet in spec.endpoint_subnets),
        ("deny", "all", vpc, (0, 0)),
        ("allow", "all", ANYWHERE, (0, 0)),
    ]
    endpoint_in: list[Line] = [("allow", "tcp", subnet, https) for subnet in spec.agent_subnets]
    endpoint_out: list[Line] = [("allow", "tcp", subnet, EPHEMERAL) for subnet in spec.agent_subnets]
    # The Controller manages a gateway on 443 and peers reach it by IPsec (UDP 500, 4500); who may is its security group's.
    gateway_in: list[Line] = [
        *(("deny", "all", subnet, (0, 0)) for subnet in spec.endpoint_subnets),
        *(("allow", "all", subnet, (0, 0)) for subnet in (*spec.agent_subnets, *gateways)),
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


def numbered(table: Iterable[Line]) -> list[dict[str, Any]]:
    """Return lines as the provider takes them, numbered in tens from 100."""
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
