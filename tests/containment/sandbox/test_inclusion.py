"""Inclusion of permissions: nothing that is wider passes, and nothing that is equal or narrower is refused."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from containment.addresses.port_range import PortRange
from containment.patterns.domain import DomainPattern
from containment.sandbox.inclusion import Layer, find_widenings
from containment.sandbox.permissions import Endpoint, PathGrant, Permissions, ProgramEgress, Task

HTTPS = (PortRange(443, 443),)


def to(host: str | None = "api.example.com", **values: object) -> Endpoint:
    facts = {"ports": HTTPS, **values}
    return Endpoint(host=DomainPattern(host) if host else None, **facts)  # type: ignore[arg-type]


def connects(*endpoints: Endpoint, program: str = "/usr/bin/curl") -> Permissions:
    return Permissions(egress=tuple(ProgramEgress(program, one) for one in endpoints))


def is_wider(found: Permissions, limit: Permissions) -> bool:
    return bool(find_widenings(found, limit))


def test_equal_permissions_are_within_each_other() -> None:
    full = Permissions(
        read=(PathGrant("/usr"),),
        write=(PathGrant("/tmp"),),
        programs=(PathGrant("/usr/bin/curl"),),
        egress=connects(to(requests=("GET /**",))).egress,
        tasks=(Task(name="t", tools=("a",)),),
    )
    assert not is_wider(full, full)
    assert {one.layer for one in find_widenings(full, Permissions())} == {Layer.READ, Layer.WRITE, Layer.RUN, Layer.CONNECT, Layer.CALL}


def test_a_writable_folder_can_be_read_and_not_the_reverse() -> None:
    assert not is_wider(Permissions(read=(PathGrant("/tmp"),)), Permissions(write=(PathGrant("/tmp"),)))
    assert is_wider(Permissions(write=(PathGrant("/usr"),)), Permissions(read=(PathGrant("/usr"),)))


def test_ports_of_a_range_count_each() -> None:
    limit = connects(to(ports=(PortRange(80, 89), PortRange(91, 99))))
    assert not is_wider(connects(to(ports=(PortRange(82, 85),))), limit)
    (found,) = find_widenings(connects(to(ports=(PortRange(80, 99),))), limit)
    assert ":90" in found.counterexample


def test_two_grants_for_one_host_add_up_and_grants_for_two_programs_do_not() -> None:
    limit = connects(to(requests=("GET /**",)), to(requests=("POST /a",)))
    assert not is_wider(connects(to(requests=("GET /x", "POST /a"))), limit)
    assert is_wider(connects(to(requests=("POST /b",))), limit)
    other = connects(to(requests=("POST /b",)), program="/usr/bin/git")
    assert is_wider(connects(to(requests=("POST /b",))), Permissions(egress=(*limit.egress, *other.egress)))


@pytest.mark.parametrize(
    ("networks", "wider"),
    [((), False), (("10.1.0.0/24",), False), (("10.1.0.0/25",), False), (("10.1.0.0/23",), True), (("169.254.169.254/32",), True),
     (("8.8.8.8/32",), False), (("0.0.0.0/0",), True), (("100.64.0.1/32",), True), (("::ffff:10.0.0.1/128",), True), (("fd00::/8",), True)],
)  # fmt: skip
def test_private_addresses_are_granted_one_by_one(networks: tuple[str, ...], wider: bool) -> None:
    limit = connects(to(networks=(ip_network("10.1.0.0/24"),)))
    assert is_wider(connects(to(networks=tuple(map(ip_network, networks)))), limit) is wider


def test_addresses_without_a_name_need_a_grant_without_a_name() -> None:
    by_address = to(None, networks=(ip_network("10.1.0.0/28"),), tls=False)
    assert not is_wider(connects(by_address), connects(by_address))
    assert is_wider(connects(by_address), connects(to(networks=(ip_network("10.1.0.0/28"),))))
    assert is_wider(connects(to(None)), connects(by_address))


def test_a_wildcard_needs_a_wildcard() -> None:
    assert not is_wider(connects(to("a.example.com")), connects(to("*.example.com")))
    assert is_wider(connects(to("*.example.com")), connects(to("a.example.com"), to("b.example.com")))
    assert is_wider(connects(to("example.com")), connects(to("*.example.com")))  # whether *.x matches x is not documented


def test_tools_of_one_task_are_not_those_of_another() -> None:
    limit = Permissions(tasks=(Task(name="one", tools=("a",)), Task(name="two", tools=("b",))))
    (found,) = find_widenings(Permissions(tasks=(Task(name="one", tools=("a", "b")),)), limit)
    assert found.layer is Layer.CALL
    assert "task one can call b" in found.counterexample
