"""Data model of one deployed VPC: machines, networks, filters and endpoints, as `inventory` reads them.

The Controller's policy is in `containment_lab.gateway`; `fabric` builds the network from this model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from containment_lab.vpc.firewall_list import DnsFirewall


@dataclass(frozen=True)
class Interface:
    """A network interface; `public` maps a private address to the public one that AWS translates it to."""

    id: str
    subnet: str
    addresses: tuple[IPv4Address, ...]
    public: Mapping[IPv4Address, IPv4Address]
    groups: tuple[str, ...]
    checked: bool
    mac: str
    instance: str | None = None
    ipv6: tuple[IPv6Address, ...] = ()


@dataclass(frozen=True)
class Metadata:
    """An instance's metadata options."""

    enabled: bool = True
    token_required: bool = False
    hop_limit: int = 1


@dataclass(frozen=True)
class Instance:
    """A running instance; `user_data` is the text with which it was started."""

    id: str
    tags: Mapping[str, str]
    interfaces: tuple[Interface, ...]
    metadata: Metadata
    user_data: str
    role: str | None


@dataclass(frozen=True)
class Route:
    """One route: to a network or a prefix list, by a target with EC2's id (`igw-...`, `nat-...`, `eni-...`)."""

    network: IPv4Network | None
    prefix_list: str | None
    target: str


@dataclass(frozen=True)
class Subnet:
    """A subnet with its route table and network ACL."""

    id: str
    network: IPv4Network
    table: str
    acl: str | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Permission:
    """One permission of a security group; protocol -1 is any protocol, ports None are all ports."""

    protocol: str
    ports: tuple[int, int] | None
    networks: tuple[IPv4Network, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecurityGroup:
    """A security group."""

    id: str
    ingress: tuple[Permission, ...]
    egress: tuple[Permission, ...]


@dataclass(frozen=True)
class AclEntry:
    """One entry of a network ACL; entries are evaluated in order of their numbers."""

    number: int
    egress: bool
    allow: bool
    protocol: str
    ports: tuple[int, int] | None
    network: IPv4Network


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint: its addresses, its private names and its policy."""

    id: str
    service: str
    gateway: bool
    addresses: tuple[IPv4Address, ...]
    groups: tuple[str, ...]
    private_names: tuple[str, ...]
    policy: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Vpc:
    """Everything deployed in one VPC."""

    id: str
    account: str
    region: str
    networks: tuple[IPv4Network, ...]
    dns_support: bool
    name_servers: tuple[IPv4Address, ...]
    instances: Mapping[str, Instance]
    interfaces: Mapping[str, Interface]
    subnets: Mapping[str, Subnet]
    tables: Mapping[str, tuple[Route, ...]]
    groups: Mapping[str, SecurityGroup]
    acls: Mapping[str, tuple[AclEntry, ...]]
    nat_gateways: Mapping[str, IPv4Address]
    endpoints: tuple[Endpoint, ...]
    prefix_lists: Mapping[str, tuple[IPv4Network, ...]]
    flow_logs: tuple[str, ...]
    firewall: DnsFirewall
    query_logs: tuple[str, ...] = ()

    @property
    def resolver(self) -> IPv4Address:
        """The VPC resolver's address: the network's address plus two."""
        return self.networks[0].network_address + 2
