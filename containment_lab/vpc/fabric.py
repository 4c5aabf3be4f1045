"""The VPC's network: its machines, their wiring to the router, and the routes of each subnet.

Every interface is a veth pair between its machine and the router's namespace; machines see one next hop, and the router decides by the
*subnet's* table. Rules kept here:
- a machine's packets follow EC2's route table or are dropped: apart from the VPC's network, there is no route that EC2 does not list;
- only packets that the filter has marked are forwarded (`fabric_filter`): a router without its filter forwards nothing;
- the internet gateway, NAT gateways and other exits (transit, peering, VPN) have separate links to the simulated internet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from containment_lab.vpc.deployed_vpc import Instance, Interface, Route, Vpc

PASS_MARK = 0x10
UPLINKS = ("igw", "natgw", "other")
"""Exits of the router: internet gateway, NAT gateways, and everything that leads to other networks."""
NEXT_HOP = IPv4Address("169.254.240.2")
AMAZON_DNS, METADATA = IPv4Address("169.254.169.253"), IPv4Address("169.254.169.254")
ROUTER_MAC = "02:ff:00:00:00:01"
TUNNEL = (IPv4Address("169.254.241.1"), IPv4Address("169.254.241.2"))
"""The gateway's link to the company's other networks (transit): its address and the far end's."""
TUNNEL_LINK = "corp"
"""The far end's device of that link."""
INSIDE = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16"))


@dataclass(frozen=True)
class Machine:
    """The namespace of an EC2 instance, wired to the router by `ports` (pairs of router-side device and interface)."""

    name: str
    instance: Instance
    ports: tuple[tuple[str, Interface], ...]
    gateway: bool

    @property
    def address(self) -> IPv4Address:
        """The machine's first address."""
        return self.ports[0][1].addresses[0]


@dataclass(frozen=True)
class NamespaceNames:
    """The names of one network's namespaces."""

    prefix: str

    @property
    def router(self) -> str:
        """The VPC's router, with the AWS services inside the VPC."""
        return f"{self.prefix}-vpc"

    @property
    def world(self) -> str:
        """Everything outside."""
        return f"{self.prefix}-world"

    def format_machine_name(self, role: str) -> str:
        """A machine: `agent`, `gateway`, or an instance id."""
        return f"{self.prefix}-{role}"


def make_names(home: str, stack: str) -> NamespaceNames:
    """Return the names of a stack's namespaces in a lab home."""
    return NamespaceNames(f"vca-{hashlib.sha256(home.encode()).hexdigest()[:6]}-{stack}")


def compute_device_name(interface: Interface) -> str:
    """Return the router-side device of an interface."""
    return "v" + hashlib.sha256(interface.id.encode()).hexdigest()[:10]


def build_machines(vpc: Vpc, names: NamespaceNames, gateways: set[str], agent: str) -> tuple[Machine, ...]:
    """Return a machine for every running instance with an interface; `agent` is the agent host's instance id."""
    out = []
    for each in sorted(vpc.instances.values(), key=lambda one: one.id):
        if not each.interfaces:
            continue
        role = "agent" if each.id == agent else "gateway" if each.id == min(gateways, default="") else each.id
        ports = tuple((compute_device_name(one), one) for one in each.interfaces)
        out.append(Machine(names.format_machine_name(role), each, ports, each.id in gateways))
    return tuple(out)


def build_wiring(machine: Machine, vpc: Vpc) -> tuple[str, str]:
    """Return `ip -batch` text for a new machine: for the router's namespace, and for the machine's."""
    router, own = [], ["link set lo up"]
    for index, (port, interface) in enumerate(machine.ports):
        mac, eth = interface.mac, f"eth{index}"
        router.append(f"link add {port} address {ROUTER_MAC} type veth peer name {eth} address {mac} netns {machine.name}")
        router.append(f"link set {port} up")
        next_hop = vpc.subnets[interface.subnet].network.network_address + 1
        own.append(f"link set {eth} up")
        for address in interface.addresses:
            own.append(f"address add {address}/32 dev {eth}")
            router.append(f"neigh replace {address} lladdr {mac} dev {port} nud permanent")
        own.append(f"neigh replace {next_hop} lladdr {ROUTER_MAC} dev {eth} nud permanent")
        own.append(f"route add {next_hop} dev {eth} scope link")
        if index == 0 and not machine.gateway:
            own.append(f"route add default via {next_hop} dev {eth} src {interface.addresses[0]}")
        if index == 0 and machine.gateway:
            own += list_gateway_routes(next_hop, vpc)
    return "\n".join(router) + "\n", "\n".join(own) + "\n"


def list_gateway_routes(next_hop: IPv4Address, vpc: Vpc) -> list[str]:
    """Return the routes of a gateway: only packets with the permit mark have one beyond the VPC."""
    return [
        *(f"route add {network} via {next_hop} dev eth0" for network in vpc.networks),
        f"route add table 100 default via {next_hop} dev eth0",
        *(f"route add table 100 {network} via {next_hop} dev eth0" for network in vpc.networks),
        "rule add pref 100 fwmark 0x1/0x1 lookup 100",
        "rule add pref 110 iif eth0 unreachable",
        "rule add pref 111 iif tun0 unreachable",
    ]


def build_tunnel(gateway: str, vpc: Vpc) -> tuple[str, str]:
    """Return `ip -batch` text for the gateway's link to other company networks: for the internet's namespace, and for the gateway's."""
    here, there = TUNNEL
    link = f"link add {TUNNEL_LINK} type veth peer name tun0 netns {gateway}"
    world = f"{link}\nlink set {TUNNEL_LINK} up\naddress add {there}/30 dev {TUNNEL_LINK}\n"
    inside = [network for network in INSIDE if network not in vpc.networks]
    own = f"link set tun0 up\naddress add {here}/30 dev tun0\n" + "".join(
        f"route add table 100 {each} via {there} dev tun0\n" for each in inside
    )
    return world, own


def build_router_base(names: NamespaceNames, vpc: Vpc) -> tuple[str, str]:
    """Return `ip -batch` text that sets up router and internet: uplinks, AWS's addresses, and the order of route lookups."""
    router = ["link set lo up", "rule add pref 40 iif lo lookup main", "rule add pref 90 unreachable"]
    world = ["link set lo up", "route add local 0.0.0.0/0 dev lo"]
    for index, link in enumerate(UPLINKS):
        near, far = IPv4Address(int(NEXT_HOP) - 1 + 4 * index), IPv4Address(int(NEXT_HOP) + 4 * index)
        router += [
            f"link add {link} type veth peer name {link} netns {names.world}",
            f"link set {link} up",
            f"address add {near}/30 dev {link}",
        ]
        world += [f"link set {link} up", f"address add {far}/30 dev {link}"]
    world += [f"route add {network} via {NEXT_HOP - 1} dev igw" for network in (*vpc.networks, IPv4Network("198.18.0.0/16"))]
    router += [f"route add default via {NEXT_HOP} dev igw"]
    return "\n".join(router) + "\n", "\n".join(world) + "\n"


ROUTER_SIX = """address add fd00:240::1/64 dev igw nodad
route add default via fd00:240::2 dev igw
rule add pref 40 iif lo lookup main
rule add pref 50 fwmark 0x10/0x10 lookup main
rule add pref 90 unreachable
"""
WORLD_SIX = """address add fd00:240::2/64 dev igw nodad
route add local ::/0 dev lo
route add 2001:db8:42::/48 via fd00:240::1 dev igw
"""
"""IPv6 is routed out too, but only packets that the filter marks: none in a VPC without IPv6."""


def find_uplink(target: str) -> tuple[str, IPv4Address] | None:
    """Return the uplink and next hop of a route's target; None for an interface, an instance or an endpoint."""
    kind = target.partition("-")[0]
    if kind in ("eni", "i", "vpce"):
        return None
    link = {"igw": "igw", "nat": "natgw"}.get(kind, "other")
    return link, NEXT_HOP + 4 * UPLINKS.index(link)


def collect_local_addresses(vpc: Vpc, neighbours: tuple[IPv4Address, ...]) -> set[IPv4Address]:
    """Return every address that the router's namespace answers itself: resolver, metadata, endpoints, simulated peers."""
    out = {METADATA, *(address for each in vpc.endpoints for address in each.addresses), *neighbours}
    return out | {vpc.resolver, AMAZON_DNS} if vpc.dns_support else out


def build_routes(vpc: Vpc, present: tuple[Machine, ...], neighbours: tuple[IPv4Address, ...]) -> str:
    """Return idempotent `ip -batch` text that makes the router's tables equal to EC2's.

    Args:
        vpc: The deployed VPC.
        present: Its machines.
        neighbours: The addresses of simulated peers.
    """
    out: list[str] = []
    ports = {interface.id: (port, interface) for machine in present for port, interface in machine.ports}
    numbers = number_tables(vpc)
    out += [f"address replace {address}/32 dev lo" for address in sorted(collect_local_addresses(vpc, neighbours))]
    hosts = [(address, port) for port, interface in ports.values() for address in interface.addresses]
    out += [f"route replace {address} dev {port}" for address, port in hosts]
    for key, lines in sorted(vpc.tables.items()):
        number = numbers[key]
        out.append(f"route flush table {number}")
        for network in vpc.networks:
            out.append(f"route replace table {number} unreachable {network} metric 4000")
        out += [f"route replace table {number} {address} dev {port}" for address, port in hosts]
        for route in lines:
            for network in (route.network,) if route.network else vpc.prefix_lists.get(route.prefix_list or "", ()):
                out += _build_route(number, network, route, ports)
    return "\n".join(out) + "\n"


def _build_route(number: int, network: IPv4Network, route: Route, ports: dict[str, tuple[str, Interface]]) -> Iterator[str]:
    if link := find_uplink(route.target):
        yield f"route replace table {number} {network} via {link[1]} dev {link[0]}"
    elif route.target.startswith("vpce-"):
        yield f"route replace table {number} local {network} dev lo"
    else:
        for key, (port, interface) in ports.items():
            if route.target in (key, interface.instance):
                yield f"route replace table {number} {network} via {interface.addresses[0]} dev {port} onlink"
                return
        yield f"route replace table {number} unreachable {network}"


def number_tables(vpc: Vpc) -> dict[str, int]:
    """Return the kernel's table number of each EC2 route table."""
    return {key: 1000 + int(hashlib.sha256(key.encode()).hexdigest()[:7], 16) for key in vpc.tables}


def build_lookup_rules(vpc: Vpc, present: tuple[Machine, ...]) -> str:
    """Return `ip -batch` text of the rules that send each interface's packets to its subnet's table; remove earlier rules first."""
    numbers = number_tables(vpc)
    mark = f"fwmark {PASS_MARK:#x}/{PASS_MARK:#x}"
    out = [f"rule add pref 50 iif {link} {mark} lookup main" for link in UPLINKS]
    for machine in present:
        for port, interface in machine.ports:
            out.append(f"rule add pref 50 iif {port} {mark} lookup {numbers[vpc.subnets[interface.subnet].table]}")
    return "\n".join(out) + "\n"
