"""The machines of a world as they are wired now: made, rewired and taken away as EC2's inventory changes; and the lab's own neighbours.

A machine whose interfaces change is made anew; any other keeps its namespace, and with it every connection.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from containment.lab.world import fabric, netns
from containment.lab.world.deployed import Vpc

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
"""Kernel settings of a namespace that forwards: no redirects, no guesses about senders, no flow taken up in its middle; source routes are
the filter's to judge; ports of its own for as many connections to one address as a busy agent makes."""


class Wired:
    """The machines' namespaces; `opened` is told the name of a gateway's when it is new."""

    def __init__(self, names: fabric.Names, opened: Callable[[str], None]) -> None:
        self._names, self._opened = names, opened
        self.present: dict[str, fabric.Machine] = {}

    @property
    def agent(self) -> fabric.Machine | None:
        """The machine that is looked at, None while there is none."""
        return self.present.get(self._names.machine("agent"))

    def wire(self, vpc: Vpc, wanted: tuple[fabric.Machine, ...]) -> None:
        """Make what is wanted and not there, and take away what is there and not wanted."""
        by_name = {machine.name: machine for machine in wanted}
        for name in [name for name, old in self.present.items() if name not in by_name or by_name[name].ports != old.ports]:
            netns.remove(name)
            del self.present[name]
        for name, machine in by_name.items():
            if name not in self.present:
                self._make(name, machine, vpc)
            self.present[name] = machine

    def _make(self, name: str, machine: fabric.Machine, vpc: Vpc) -> None:
        netns.make(name)
        netns.sysctl(name, **(FORWARDING if machine.gateway else {"ipv6__conf__all__disable_ipv6": 0}))
        router, own = fabric.wiring(machine, vpc)
        netns.ip(self._names.router, router)
        netns.ip(name, own)
        if machine.gateway and name == self._names.machine("gateway"):
            world, link = fabric.tunnel(name, vpc)
            netns.ip(self._names.world, world)
            netns.ip(name, link)
            self._opened(name)


def neighbours(vpc: Vpc, agent: str) -> dict[str, IPv4Address]:
    """Return the lab's own neighbours of an agent's instance: in each subnet an address that no interface has, by where it is.

    `own` is the agent's subnet, `endpoints` and `gateway` those with such interfaces, any other has its id.
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
