"""What the provider refuses at plan time, what only at apply, and what it lets pass to the Controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from containment_lab.wire import UNKNOWN

ANYWHERE = "def000ad-0000-0000-0000-000000000000"
GOOD = {
    "name": "r",
    "action": "DENY",
    "priority": 1,
    "protocol": "TCP",
    "srcSmartGroups": [ANYWHERE],
    "dstSmartGroups": [ANYWHERE],
}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"action": "ALLOW"}, "action"),
        ({"protocol": "GRE"}, "protocol"),
        ({"flowAppRequirement": "TLS"}, "flowAppRequirement"),
        ({"decryptPolicy": "YES"}, "decryptPolicy"),
        ({"logProfile": "def000ad-7000-0000-0000-000000000009"}, "logProfile"),
        ({"portRanges": [{"lo": port} for port in range(65)]}, "portRanges"),
        ({"portRanges": [{"lo": -1}]}, "portRanges"),
        ({"portRanges": [{"hi": 443}]}, "portRanges"),
        ({"nonsense": 1}, "nonsense"),
        ({"name": None}, "name"),
        ({"priority": None}, "priority"),
    ],
)
def test_a_rule_is_refused_at_plan_time(engine: Any, change: dict[str, Any], path: str) -> None:
    failures = engine.of("dcfRuleset").check(name="r", rules=[{**GOOD, **change}])[1]
    assert failures
    assert all(failure.startswith(f"rules[0].{path}:") for failure in failures)


@pytest.mark.parametrize(
    "change", [{}, {"protocol": "any"}, {"srcSmartGroups": [UNKNOWN]}, {"portRanges": [{"lo": 0}]}, {"action": UNKNOWN}]
)
def test_a_rule_passes_at_plan_time(engine: Any, change: dict[str, Any]) -> None:
    assert engine.of("dcfRuleset").check(name="r", rules=[{**GOOD, **change}])[1] == []


def test_the_list_needs_no_priority_and_the_ruleset_does(engine: Any) -> None:
    plain = {key: value for key, value in GOOD.items() if key != "priority"}
    assert engine.of("distributedFirewallingPolicyList").check(policies=[plain])[1] == []
    assert engine.of("dcfRuleset").check(name="r", rules=[plain])[1] != []


def test_enforcement_is_of_10_1_and_excludes_watch(connect: Callable[..., Any]) -> None:
    new = connect("10.1.0", skipVersionValidation=True)
    assert new.of("dcfRuleset").check(name="r", rules=[{**GOOD, "enforcement": "MONITOR"}])[1] == []
    assert new.of("dcfRuleset").check(name="r", rules=[{**GOOD, "enforcement": "MONITOR", "watch": True}])[1] != []
    assert new.of("dcfRuleset").check(name="r", rules=[{**GOOD, "action": "DEEP_PACKET_INSPECTION_PERMIT"}])[1] != []
    new.close()


@pytest.mark.parametrize("change", [{"enforcement": "DISABLE"}, {"egressPath": "EGRESS_PATH_LOCAL"}])
def test_a_field_newer_than_the_release_can_be_previewed_and_judged_and_not_made(engine: Any, change: dict[str, Any]) -> None:
    thing = engine.of("dcfRuleset", "newer")
    rules = [{**GOOD, **change}]
    assert thing.check(name="newer", rules=rules)[1] == []
    assert thing.preview(name="newer", rules=rules)
    with pytest.raises(Exception, match=r"came with provider release 10\.1"):
        thing.create(name="newer", rules=rules)


def test_icmp_with_ports_is_found_only_at_apply(engine: Any) -> None:
    rules = [{**GOOD, "protocol": "ICMP", "portRanges": [{"lo": 1, "hi": 1}]}]
    thing = engine.of("dcfRuleset", "icmp")
    assert thing.preview(name="icmp", rules=rules)
    with pytest.raises(Exception, match="ICMP"):
        thing.create(name="icmp", rules=rules)


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ({"cidr": "10.0.0.0/33"}, False),
        ({"cidr": "example.com"}, False),
        ({"cidr": "10.0.0.1"}, True),
        ({"cidr": "2001:db8::/32"}, True),
        ({"fqdn": " "}, False),
        ({"site": ""}, False),
        ({"k8sNamespace": "Not_A_Label"}, False),
        ({"type": "k8s", "k8sNamespace": "agents"}, True),
        ({"type": "anything"}, True),  # the Controller's to refuse
        ({"snifilter": "a.example"}, False),
    ],
)
def test_a_smart_group_expression_at_plan_time(engine: Any, expression: dict[str, str], passes: bool) -> None:
    failures = engine.of("smartGroup").check(name="g", selector={"matchExpressions": [expression]})[1]
    assert (failures == []) is passes


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ({"type": "anything"}, "none of vm"),
        ({"tags": {"Role": "agent"}}, "type is required"),
        ({"cidr": "10.0.0.0/24", "type": "vm"}, "cannot be combined"),
        ({}, "cannot be empty"),
    ],
)
def test_a_smart_group_that_only_the_controller_refuses(engine: Any, expression: dict[str, Any], why: str) -> None:
    thing = engine.of("smartGroup", "late")
    with pytest.raises(Exception, match=why):
        thing.create(name="late", selector={"matchExpressions": [expression]})


def test_a_wildcard_that_the_controller_refuses_is_not_created(engine: Any, controller: Any) -> None:
    with pytest.raises(Exception, match="consecutive wildcards"):
        engine.of("webGroup", "stars").create(name="stars", selector={"matchExpressions": [{"snifilter": "**.example"}]})
    assert "stars" not in {each["name"] for each in controller.inventory()["app_domains"].values()}


def test_an_unknown_input_is_refused(engine: Any) -> None:
    assert engine.of("smartGroup").check(name="g", selector={"matchExpressions": [{"cidr": "10.0.0.0/8"}]}, colour="red")[1] != []
    assert engine.of("spokeGateway").check(colour="red")[1] != []


def test_what_a_controller_refuses_to_see_together_is_refused(engine: Any) -> None:
    thing = engine.of("remoteSyslog", "certs")
    with pytest.raises(Exception, match="certificates missing"):
        thing.create(index=7, name="c", server="10.0.0.5", port=6514, publicCertificateFile="x")
    assert thing.check(index=12, server="10.0.0.5", port=6514)[1] != []
    assert thing.check(index=1, server="10.0.0.5", port=6514, protocol="SCTP")[1] != []
