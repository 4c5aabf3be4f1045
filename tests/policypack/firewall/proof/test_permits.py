"""A permit is judged by the flows it decides after the denies in force ahead of it, and groups are counted before ids are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from containment.addresses.address_ranges import count_numbers
from containment.addresses.address_space import PRIVATE, SPECIAL
from containment.loaders import address_bound as bound
from containment.loaders.address_bound import Bound
from policypack.firewall.proof.extent import MemberKind, compute_private_ranges, determine_kind, read_members
from policypack.graph.known_types import SMART_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Graph
from policypack.standalone_checks import check_stack
from tests.policypack.firewall_holes import ASKED, SOURCE, found, of, permit, policies, smart_group, vended
from tests.policypack.stacks import ANYWHERE, INTERNET, Ref, Stack, rule, web_group

NARROW, EAST_WEST, DNS = {"permits-are-narrow"}, {"east-west-is-denied"}, {"external-dns-is-denied"}


def inside(stack: Stack, *cidrs: str, name: str = "inside", at: int = 60, **changes: Any) -> None:
    permit(stack, f"allow-{name}", at, smart_group(stack, name, *({"cidr": one} for one in cidrs)), **changes)


def messages(stack: Stack, known: bool = True) -> Iterator[str]:
    return (one.what for one in check_stack(stack.resources(known), ASKED))


@pytest.fixture
def bound_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Bound], None]:
    """Set the bound that rules read."""

    def put(value: Bound) -> None:
        for module in ("permits", "surplus_groups"):
            monkeypatch.setattr(f"policypack.firewall.proof.{module}.read_bound", lambda: value)
        monkeypatch.setattr("policypack.rules.east_west_is_denied.read_bound", lambda: value)

    return put


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize(
    ("cidrs", "expected"),
    [
        (["10.8.0.0/20"], set()),
        (["10.8.0.0/21", "172.16.0.0/21"], set()),
        (["10.8.0.0/20", "10.8.1.0/24"], set()),  # the same addresses twice
        (["10.8.0.0/20", "10.42.0.0/16"], set()),  # the VPC's own network is not counted
        (["10.8.0.0/20", "10.9.0.0/32"], EAST_WEST),
        (["10.8.0.0/19"], EAST_WEST),
        ([f"10.200.{third}.0/24" for third in range(17)], EAST_WEST),
    ],
)
def test_private_addresses_are_counted_in_total(cidrs: list[str], expected: set[str], known: bool) -> None:
    stack = vended()
    inside(stack, *cidrs)
    assert found(stack, known) == expected


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_permits_are_counted_together(known: bool) -> None:
    stack = vended()
    for number in range(2):
        inside(stack, f"10.{200 + number}.0.0/21", name=f"n{number}", at=60 + number)
    assert found(stack, known) == set()
    inside(stack, "10.210.0.0/32", name="one-more", at=70)
    assert found(stack, known) == EAST_WEST


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
def test_the_bound_is_configurable_and_a_wrong_file_is_reported(known: bool, bound_of: Callable[[Bound], None]) -> None:
    stack = vended()
    inside(stack, "10.8.0.0/19")
    bound_of(Bound(8192))
    assert found(stack, known) == set()
    bound_of(Bound(problems=("bounds.yaml, entry 1 has no owner",)))
    assert "bounds.yaml, entry 1 has no owner" in set(messages(stack, known))


def test_the_bound_of_today_is_read_from_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(bound, "FILE", tmp_path / "bounds.yaml")
    bound.read_bound.cache_clear()
    assert bound.read_bound() == Bound()
    (tmp_path / "bounds.yaml").write_text("- nonsense\n", encoding="utf-8")
    bound.read_bound.cache_clear()
    assert bound.read_bound().problems
    bound.read_bound.cache_clear()


@pytest.mark.parametrize("cidr", SPECIAL)
def test_no_special_range_is_private_or_public(cidr: str) -> None:
    assert determine_kind(ip_network(cidr)) is MemberKind.SPECIAL


def test_what_the_pack_takes_for_nobodys_space_is_private_or_special() -> None:
    assert {determine_kind(network) for network in PRIVATE} == {MemberKind.NETWORK, MemberKind.SPECIAL}


@pytest.mark.parametrize("cidr", [*SPECIAL, "8.8.8.8/32", "10.0.0.0/7", "2600::/12"])
def test_addresses_that_are_not_private_are_refused(cidr: str) -> None:
    stack = vended()
    inside(stack, cidr)
    assert found(stack, known=True) == NARROW
    assert found(stack, known=False) == NARROW


def test_a_deny_ahead_leaves_only_what_it_does_not_stop() -> None:
    stack = vended()
    inside(stack, "10.8.0.0/16")
    assert found(stack, known=True) == EAST_WEST
    denied = smart_group(
        stack, "most", {"cidr": "10.8.128.0/17"}, {"cidr": "10.8.64.0/18"}, {"cidr": "10.8.32.0/19"}, {"cidr": "10.8.16.0/20"}
    )
    policies(stack).append(rule("deny-most", 59, "DENY", SOURCE, denied, protocol="ANY", port=None))
    assert found(stack, known=True) == set()
    of(stack, "deny-most").update(priority=61)
    assert found(stack, known=True) >= EAST_WEST
    of(stack, "deny-most").update(priority=59, protocol="UDP")
    assert found(stack, known=True) >= EAST_WEST


def test_in_monitor_a_watched_deny_counts_as_applied_and_in_enforce_it_does_not() -> None:
    for mode, expected in (("monitor", set()), ("enforce", EAST_WEST | {"denies-are-applied"})):
        stack = vended(mode)
        inside(stack, "10.8.0.0/16")
        denied = smart_group(stack, "same", {"cidr": "10.8.0.0/16"})
        policies(stack).append(rule("deny-same", 59, "DENY", SOURCE, denied, protocol="ANY", port=None, watch=True))
        assert found(stack, known=True) == expected


def test_a_watched_permit_counts_as_a_permit() -> None:
    stack = vended()
    permit(stack, "watched", 60, INTERNET, watch=True)
    assert found(stack, known=True) == NARROW


def test_a_refusal_shows_a_flow() -> None:
    stack = vended()
    permit(stack, "range", 60, INTERNET, portRanges=[{"lo": 1, "hi": 443}])
    (what,) = messages(stack)
    assert what.startswith("range (priority 60) permits TCP 1-443 to Public Internet, with no name to check; for example TCP to ")


@pytest.mark.parametrize("expression", [{"fqdn": "files.example.com"}, {"external": "githubips"}, {"cidr": "140.82.112.0/20"}])
def test_names_are_judged_by_name_and_tls_whatever_the_public_address(expression: dict[str, Any]) -> None:
    stack = vended()
    names = web_group(stack, "files", "files.example.com")
    to = smart_group(stack, "addresses", expression)
    permit(stack, "allow-files", 60, to, webGroups=[names], flowAppRequirement="TLS_REQUIRED")
    assert found(stack, known=True) == set()
    of(stack, "allow-files")["portRanges"] = [{"lo": 22, "hi": 22}]
    assert found(stack, known=True) == NARROW


@pytest.mark.parametrize("expression", [{"type": "vm", "tags": {"Tier": "db"}}, {"s2c": "office"}, {"cidr": "10.0.0.0/8"}])
def test_names_are_not_permitted_towards_private_hosts(expression: dict[str, Any]) -> None:
    stack = vended()
    names = web_group(stack, "files", "files.example.com")
    permit(stack, "allow-files", 60, smart_group(stack, "a", expression), webGroups=[names], flowAppRequirement="TLS_REQUIRED")
    assert found(stack, known=True) == NARROW


def test_dns_of_a_group_that_cannot_be_read_is_refused_behind_the_denies_too() -> None:
    stack = vended()
    permit(stack, "dns", 60, smart_group(stack, "site", {"site": "office"}), protocol="UDP", portRanges=[{"lo": 53, "hi": 53}])
    assert found(stack, known=True) == DNS


def test_an_agent_whose_gateway_is_in_another_program_is_judged_as_well() -> None:
    stack = vended()
    permit(stack, "all", 60, ANYWHERE, protocol="ANY", portRanges=[])
    stack.drop("spoke")
    stack.props["agent"]["tags"]["AgentClass"] = "coding"
    assert found(stack, known=True) >= NARROW
    del stack.props["agent"]["tags"]["AgentClass"]
    assert found(stack, known=True) == set()


# Before ids are known


def test_a_group_that_only_a_deny_may_name_needs_a_deny_that_may_name_it() -> None:
    stack = vended()
    smart_group(stack, "threats", {"external": "threatiq"})
    policies(stack).append(rule("deny-threats", 13, "DENY", SOURCE, Ref("threats"), protocol="ANY", port=None))
    assert found(stack, known=False) == set()
    of(stack, "deny-threats").update(action="PERMIT", priority=60)
    assert found(stack, known=False) == NARROW


def test_one_deny_may_name_several_groups() -> None:
    stack = vended()
    more = smart_group(stack, "more", {"cidr": "100.64.0.0/10"})
    of(stack, "deny-neighbours")["dstSmartGroups"].append(more)
    assert found(stack, known=False) == set()


def test_a_destination_list_that_is_unknown_as_a_whole_may_name_any_group() -> None:
    stack = vended()
    inside(stack, "10.8.0.0/24")
    smart_group(stack, "more", {"cidr": "100.64.0.0/10"})
    of(stack, "deny-neighbours")["srcSmartGroups"] += [Ref("more"), Ref("neighbours")]
    assert found(stack, known=False) == NARROW
    of(stack, "deny-neighbours")["dstSmartGroups"] = UNKNOWN
    assert found(stack, known=False) == set()


def test_a_group_whose_id_is_known_is_no_candidate_for_a_new_permit() -> None:
    before = {one.urn: one for one in vended().resources(known=True)}
    for cidrs, expected in ((["10.8.0.0/28"], set()), (["10.8.0.0/16"], EAST_WEST)):
        stack = vended()
        for number in range(2):
            inside(stack, *cidrs, name=f"new-{number}", at=60 + number)
        after = stack.resources(known=False)
        known = {one.name: one for one in stack.resources(known=True)}
        rules = next(one for one in after if one.name == "rules")
        new = [UNKNOWN if block["name"].startswith("allow-new") else None for block in known["rules"].props["policies"]]
        blocks = [
            {**block, "dstSmartGroups": [UNKNOWN]} if mark is UNKNOWN else block
            for block, mark in zip(known["rules"].props["policies"], new, strict=True)
        ]
        made = [known[one.name] if one.urn in before and one is not rules else one for one in after]
        graph = [type(one)(**{**_fields(one), "props": {**one.props, "policies": blocks}}) if one is rules else one for one in made]
        assert {one.id for one in check_stack(graph, ASKED)} == expected


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_members_are_read_as_the_controller_reads_them() -> None:
    stack = vended()
    own = {"type": "subnet", "resId": Ref("gateways")}
    smart_group(stack, "several", {"cidr": "10.8.0.0/31"}, own, {"type": "vm", "tags": {"a": "b"}}, {"fqdn": "a.b"}, {"cidr": UNKNOWN}, {})
    graph: Graph = stack.graph(known=True)
    group = next(one for one in graph.resources if one.name == "several")
    members = read_members(graph, group, (ip_network("10.42.0.0/16"),))
    assert [one.kind for one in members] == [
        MemberKind.NETWORK,
        MemberKind.NETWORK,
        MemberKind.WORKLOAD,
        MemberKind.FEED,
        MemberKind.UNKNOWN,
        MemberKind.UNSEEN,
    ]
    assert count_numbers(compute_private_ranges(members, (ip_network("10.42.0.0/16"),))) == 2


@pytest.mark.parametrize("also", [{"fqdn": "files.example.com"}, {"external": "geo"}, {"type": "vm"}, {"tags": {"Tier": "tools"}}], ids=str)
def test_an_address_mixed_with_another_field_is_no_address(also: dict[str, Any]) -> None:
    stack = vended()
    permit(stack, "allow-inside", 60, smart_group(stack, "inside", {"cidr": "10.200.1.0/28", **also}))
    assert (NARROW | EAST_WEST) & found(stack, True)
    graph = stack.graph(known=True)
    (member,) = next(read_members(graph, one) for one in graph.find_by_type(SMART_GROUP) if one.name == "inside")
    assert member.kind is MemberKind.UNSEEN
    assert member.network is None
