"""A rule set that the Controller would refuse, or that is not one ordered list, cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from containment.addresses.port_range import PortRange
from containment.names import Action, Protocol, WellKnownObject
from containment.patterns.domain import DomainPattern
from containment.policy.rules import (
    ANYWHERE,
    PUBLIC_INTERNET,
    WELL_KNOWN_GROUPS,
    CidrSelector,
    Rule,
    RuleSet,
    SmartGroup,
    TagSelector,
    WebGroup,
    is_public,
)

GROUPS = {"a": ANYWHERE}
WEB = {"w": WebGroup("w", (DomainPattern("x.example"),))}
HTTPS = (PortRange(443, 443),)


def rule(name: str = "r", priority: int = 1, **changes: Any) -> Rule:
    plain = Rule(name, priority, Action.DENY, ("a",), ("a",), Protocol.TCP)
    return replace(plain, **changes)


BROKEN: dict[str, Callable[[], Any]] = {
    "no rules": lambda: RuleSet((), GROUPS, WEB),
    "out of order": lambda: RuleSet((rule("r", 2), rule("s", 1)), GROUPS, WEB),
    "one priority twice": lambda: RuleSet((rule("r", 1), rule("s", 1)), GROUPS, WEB),
    "one name twice": lambda: RuleSet((rule("r", 1), rule("r", 2)), GROUPS, WEB),
    "unknown source group": lambda: RuleSet((rule(sources=("b",)),), GROUPS, WEB),
    "unknown destination group": lambda: RuleSet((rule(destinations=("b",)),), GROUPS, WEB),
    "unknown web group": lambda: RuleSet((rule(web_groups=("b",), ports=HTTPS),), GROUPS, WEB),
    "no source": lambda: rule(sources=()),
    "no destination": lambda: rule(destinations=()),
    "web group without ports": lambda: rule(web_groups=("w",)),
    "ICMP with ports": lambda: rule(protocol=Protocol.ICMP, ports=HTTPS),
    "empty smart group": lambda: SmartGroup("g", ()),
    "empty web group": lambda: WebGroup("w", ()),
    "tag selector without tags": lambda: TagSelector({}),
    "ports the wrong way round": lambda: PortRange(443, 80),
    "port too high": lambda: PortRange(1, 65536),
    "port below zero": lambda: PortRange(-1, 5),
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_set_cannot_be_made(make: Callable[[], Any]) -> None:
    with pytest.raises(AssertionError):
        make()


def test_the_same_pieces_unbroken_can_be_made_and_are_frozen() -> None:
    made = RuleSet((rule("r", 1), rule("s", 2, web_groups=("w",), ports=HTTPS)), GROUPS, WEB)
    assert [*made.by_name] == ["r", "s"]
    with pytest.raises(TypeError):
        made.by_name["t"] = rule()  # type: ignore[index]
    with pytest.raises(TypeError):
        made.smart_groups["t"] = ANYWHERE  # type: ignore[index]


def test_a_rule_set_does_not_follow_later_changes_of_what_it_was_made_of() -> None:
    groups, tags = {"a": ANYWHERE}, {"Role": "agent"}
    made, selector = RuleSet((rule(),), groups, {}), TagSelector(tags)
    groups.clear()
    tags.clear()
    assert "a" in made.smart_groups
    assert selector.tags == {"Role": "agent"}


@pytest.mark.parametrize("action", Action)
def test_every_action_but_deny_permits(action: Action) -> None:
    assert action.permits is (action.value != "DENY")


def test_the_well_known_groups_are_not_mixed_up() -> None:
    # The published blueprint calls ...0001 "anywhere"; it is the Public Internet.
    assert WellKnownObject.ANYWHERE.value == "def000ad-0000-0000-0000-000000000000"
    assert WellKnownObject.PUBLIC_INTERNET.value == "def000ad-0000-0000-0000-000000000001"
    assert WELL_KNOWN_GROUPS[WellKnownObject.ANYWHERE].selectors == (CidrSelector(ip_network("0.0.0.0/0")),)
    assert WELL_KNOWN_GROUPS[WellKnownObject.PUBLIC_INTERNET] is PUBLIC_INTERNET


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("9.255.255.255", True),
        ("10.0.0.0", False),
        ("10.255.255.255", False),
        ("11.0.0.0", True),
        ("172.15.255.255", True),
        ("172.16.0.0", False),
        ("172.31.255.255", False),
        ("172.32.0.0", True),
        ("192.168.0.0", False),
        ("192.169.0.0", True),
        ("169.254.169.254", True),  # outside RFC 1918, and so a member, whatever it is used for
        ("2606:4700::1", None),
        ("fd00::1", None),
    ],
)
def test_public_is_outside_rfc_1918_and_not_known_for_ipv6(address: str, public: bool | None) -> None:
    assert is_public(ip_address(address)) is public
