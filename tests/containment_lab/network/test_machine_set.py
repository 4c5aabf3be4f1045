"""A machine is made again at once and after any failure, even while something holds the namespace of the last one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from types import SimpleNamespace
from typing import Any

import pytest

from containment_lab.linux import netns
from containment_lab.linux.tools import list_missing
from containment_lab.network.machine_set import MachineSet
from containment_lab.vpc.deployed_vpc import Instance, Interface, Metadata, Subnet
from containment_lab.vpc.fabric import Machine, NamespaceNames

pytestmark = [
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]

NAMES = NamespaceNames(f"vca-test{os.getpid()}")
NETWORK = IPv4Network("10.7.0.0/24")
VPC: Any = SimpleNamespace(networks=(NETWORK,), subnets={"s": Subnet("s", NETWORK, "t", None)})


@pytest.fixture
def machines() -> Iterator[MachineSet]:
    for name in (NAMES.router, NAMES.world):
        netns.create_namespace(name)
    try:
        yield MachineSet(NAMES, lambda name: None)
    finally:
        netns.remove_namespaces(NAMES.prefix + "-")


def make_machine(role: str, address: str, *, gateway: bool = False) -> Machine:
    interface = Interface("eni-1", "s", (IPv4Address(address),), {}, (), True, "02:00:00:00:00:07")
    instance = Instance("i-1", {}, (interface,), Metadata(True, True, 1), "", None)
    return Machine(NAMES.format_machine_name(role), instance, (("port0", interface),), gateway)


@pytest.mark.parametrize(("role", "gateway"), [("agent", False), ("gateway", True)])
def test_a_machine_whose_namespace_is_held_is_made_again(machines: MachineSet, role: str, gateway: bool) -> None:
    machines.update_machines(VPC, (make_machine(role, "10.7.0.10", gateway=gateway),))
    held = os.open(netns.RUN / NAMES.format_machine_name(role), os.O_RDONLY)  # as a process that has just ended does
    try:
        again = make_machine(role, "10.7.0.11", gateway=gateway)
        machines.update_machines(VPC, (again,))
    finally:
        os.close(held)
    assert machines.present == {again.name: again}


def test_a_machine_that_could_not_be_made_leaves_nothing_and_is_made_next_time(machines: MachineSet) -> None:
    sound = make_machine("agent", "10.7.0.10")
    broken = Machine(sound.name, sound.instance, (*sound.ports, *sound.ports), gateway=False)  # two devices of one name
    with pytest.raises(netns.NetworkError):
        machines.update_machines(VPC, (broken,))
    assert machines.present == {}
    assert netns.list_namespaces(sound.name) == []
    machines.update_machines(VPC, (sound,))
    assert machines.present == {sound.name: sound}
