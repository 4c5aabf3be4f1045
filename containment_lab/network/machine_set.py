"""The machines of a network: created, rewired and removed as EC2's inventory changes; and the addresses of simulated peers.

A machine whose interfaces change is created again; any other keeps its namespace, and with it every connection.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from containment_lab.linux import netns
from containment_lab.vpc import fabric
from containment_lab.vpc.deployed_vpc import Vpc

FORWARDING: dict[str, int | str] = {
    "ipv4__ip_forward": 1,
    "ipv6__conf__all__forwarding": 1,
    "ipv4__conf__all__rp_filter": 0,
    "ipv4__conf__default__rp_filter": 0,
    "ipv4__conf__all__accept_source_route": 1,
    "ipv4__conf__all__send_redirects": 0,
    "ipv4__conf__default__send_redirects": 0,
    "netfilter__nf_conntrack_tcp_loose": 0,
    "ipv4__tcp_tw_reuse": 1,
    "ipv4__ip_local_port_range": "1024 65535",
}
"""Kernel settings of a namespace that forwards: no redirects, no reverse-path filter, no pick-up of established flows; the filter decides
on source routes; the port range is enough for a busy agent's connections to one address."""


class MachineSet:
    """The machines' namespaces; `opened` is called with the name of each new gateway namespace."""

    def __init__(self, names: fabric.NamespaceNames, opened: Callable[[str], None]) -> None:
        self._names, self._opened = names, opened
        self.present: dict[str, fabric.Machine] = {}

    @property
    def agent(self) -> fabric.Machine | None:
        """The agent host, None while there is none."""
        return self.present.get(self._names.format_machine_name("agent"))

    def update_machines(self, vpc: Vpc, wanted: tuple[fabric.Machine, ...]) -> None:
        """Create the missing machines and remove those that are not in `wanted`."""
        by_name = {machine.name: machine for machine in wanted}
        for name in [name for name, old in self.present.items() if name not in by_name or by_name[name].ports != old.ports]:
            self._remove(self.present.pop(name))
        for name, machine in by_name.items():
            if name not in self.present:
                self._make(machine, vpc)
            self.present[name] = machine

    def _remove(self, machine: fabric.Machine) -> None:
        """Remove a machine, with its links first: the kernel removes those of a deleted namespace later, or never while it is held."""
        for port, _ in machine.ports:
            netns.run_ip(self._names.router, "link", "delete", port)
        if self._has_tunnel(machine):
            netns.run_ip(self._names.world, "link", "delete", fabric.TUNNEL_LINK)
        netns.remove_namespaces(machine.name)

    def _has_tunnel(self, machine: fabric.Machine) -> bool:
        return machine.gateway and machine.name == self._names.format_machine_name("gateway")

    def _make(self, machine: fabric.Machine, vpc: Vpc) -> None:
        """Make a machine; after an error nothing of it is left, so that the next attempt starts from nothing."""
        try:
            self._wire(machine, vpc)
        except BaseException:
            self._remove(machine)
            raise

    def _wire(self, machine: fabric.Machine, vpc: Vpc) -> None:
        netns.create_namespace(machine.name)
        netns.set_sysctls(machine.name, **(FORWARDING if machine.gateway else {"ipv6__conf__all__disable_ipv6": 0}))
        router, own = fabric.build_wiring(machine, vpc)
        netns.run_ip_batch(self._names.router, router)
        netns.run_ip_batch(machine.name, own)
        if self._has_tunnel(machine):
            world, link = fabric.build_tunnel(machine.name, vpc)
            netns.run_ip_batch(self._names.world, world)
            netns.run_ip_batch(machine.name, link)
            self._opened(machine.name)


def find_peer_addresses(vpc: Vpc, agent: str) -> dict[str, IPv4Address]:
    """Return the addresses of simulated peers, one per subnet that no interface uses, by subnet.

    The key `own` is the agent's subnet, `endpoints` and `gateway` are those with such interfaces, any other key is the subnet's id.
    """
    own = vpc.instances[agent].interfaces[0].subnet if agent in vpc.instances else ""
    with_endpoints = {each.subnet for each in vpc.interfaces.values() if each.instance is None}
    gateways = {each.subnet for each in vpc.interfaces.values() if not each.checked}
    taken = {address for each in vpc.interfaces.values() for address in each.addresses}
    out: dict[str, IPv4Address] = {}
    for key, subnet in vpc.subnets.items():
        place = "own" if key == own else "gateway" if key in gateways else "endpoints" if key in with_endpoints else key
        if (address := subnet.network.broadcast_address - 5) not in taken:
            out[key if place in out else place] = address
    return out
