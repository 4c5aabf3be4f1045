"""A policy with a hole planted in it is reported, whatever the hole and the mode; the policy as built never is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from containment.addresses.port_range import PortRange
from containment.config.spec import ContainmentSpec
from containment.names import Action, PolicyMode, Protocol, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.policy.builder import build_ruleset
from containment.policy.invariants import find_broken_invariants
from containment.policy.rules import CidrSelector, Logging, Rule, RuleSet, SmartGroup, TagSelector, WebGroup
from tests.containment.conftest import SpecOf

PREFIX = "vca-openclaw-"
ANYWHERE, PUBLIC = "def000ad-0000-0000-0000-000000000000", "def000ad-0000-0000-0000-000000000001"
HTTPS = (PortRange(443, 443),)
Mutation = Callable[[RuleSet], RuleSet]


def change(name: str, **changes: Any) -> Mutation:
    """Return a mutation that changes one rule."""

    def mutate(ruleset: RuleSet) -> RuleSet:
        assert PREFIX + name in ruleset.by_name, f"{name} is not there to be changed"
        rules = (replace(rule, **changes) if rule.name == PREFIX + name else rule for rule in ruleset.rules)
        return replace(ruleset, rules=tuple(sorted(rules, key=lambda rule: rule.priority)))

    return mutate


def remove(name: str) -> Mutation:
    def mutate(ruleset: RuleSet) -> RuleSet:
        assert PREFIX + name in ruleset.by_name
        return replace(ruleset, rules=tuple(rule for rule in ruleset.rules if rule.name != PREFIX + name))

    return mutate


def add(priority: int, to: str = PUBLIC, protocol: Protocol = Protocol.TCP, **more: Any) -> Mutation:
    """Return a mutation that adds one rule, a permit unless told otherwise."""

    def mutate(ruleset: RuleSet) -> RuleSet:
        rule = replace(Rule("added", priority, Action.PERMIT, ("sg-agent-workload",), (to,), protocol), **more)
        return replace(ruleset, rules=tuple(sorted((*ruleset.rules, rule), key=lambda rule: rule.priority)))

    return mutate


def source(*selectors: Any) -> Mutation:
    group = SmartGroup("source", selectors)
    return lambda ruleset: replace(ruleset, smart_groups={**ruleset.smart_groups, "sg-agent-workload": group})


def names(group: WebGroupId, *patterns: str) -> Mutation:
    web = WebGroup("changed", tuple(map(DomainPattern.parse, patterns)))
    return lambda ruleset: replace(ruleset, web_groups={**ruleset.web_groups, group.value: web})


TAGS = TagSelector({"Role": "openclaw-agent-harness", "AgentStack": "made-up"})
ZONES = [CidrSelector(ip_network(f"10.42.{place}.0/24")) for place in (10, 11)]

HOLES: dict[str, Mutation] = {
    "a permit of every name before the shadow deny": add(5, ports=HTTPS),
    "a permit of a shadow model before its deny": add(5, ports=HTTPS, web_groups=("wg-unapproved-model-providers",)),
    "an inspecting permit before the shadow deny": add(5, ports=HTTPS, action=Action.INSPECT_PERMIT),
    "a deep inspecting permit before the shadow deny": add(5, ports=HTTPS, action=Action.DEEP_INSPECT_PERMIT),
    "a permit to a network that may hold a shadow model": lambda ruleset: replace(
        add(5, to="there", ports=HTTPS)(
            replace(ruleset, smart_groups={**ruleset.smart_groups, "there": SmartGroup("there", (CidrSelector(ip_network("52.0.0.0/8")),))})
        )
    ),
    "the shadow deny moved behind the permits": change("shadow-model-deny", priority=150),
    "the shadow deny removed": remove("shadow-model-deny"),
    "the shadow deny disabled": change("shadow-model-deny", disabled=True),
    "the shadow deny on the wrong port": change("shadow-model-deny", ports=(PortRange(80, 80),)),
    "the shadow deny over UDP": change("shadow-model-deny", protocol=Protocol.UDP),
    "the shadow deny to private networks": change("shadow-model-deny", destinations=("sg-east-west-deny",)),
    "the shadow deny for another source": change("shadow-model-deny", sources=("sg-vpc-dns-resolver",)),
    "the shadow deny turned into a permit": change("shadow-model-deny", action=Action.PERMIT),
    "the shadow deny not logged": change("shadow-model-deny", logging=Logging.NONE),
    "the shadow deny without one of its names": names(WebGroupId.UNAPPROVED_MODELS, "api.openai.com"),
    "the DNS deny over UDP removed": remove("deny-dns-exfil-udp"),
    "the DNS deny over TCP removed": remove("deny-dns-exfil-tcp"),
    "the DNS deny to private networks only": change("deny-dns-exfil-udp", destinations=("sg-east-west-deny",)),
    "a permit of external DNS": add(15, to=ANYWHERE, protocol=Protocol.UDP, ports=(PortRange(53, 53),)),
    "a permit of every name on 443": names(WebGroupId.CORE, "*"),
    "a permit of names that believes a Host header": change("allow-core", tls_required=False),
    "a permit of names to private networks": change("allow-core", destinations=(ANYWHERE,)),
    "a permit of names without its names": change("allow-core", web_groups=()),
    "a permit of QUIC": add(65, protocol=Protocol.UDP, ports=HTTPS),
    "a permit of ICMP": add(65, protocol=Protocol.ICMP),
    "a permit of every port and protocol": add(65, to=ANYWHERE, protocol=Protocol.ANY),
    "the east-west deny removed": remove("deny-eastwest"),
    "the east-west deny behind the default deny": change("deny-eastwest", priority=205),
    "the default deny removed": remove("default-deny"),
    "the default deny disabled": change("default-deny", disabled=True),
    "the default deny for TCP only": change("default-deny", protocol=Protocol.TCP),
    "the default deny to private networks only": change("default-deny", destinations=("sg-east-west-deny",)),
    "the default deny not logged": change("default-deny", logging=Logging.NONE),
    "a source that is tags alone": source(TAGS),
    "a source that is subnets alone": source(*ZONES),
    "a source without the second zone": source(TAGS, ZONES[0]),
    "a source of another stack's tags": source(TagSelector({"Role": "openclaw-agent-harness", "AgentStack": "other"}), *ZONES),
    "a global permit": lambda ruleset: replace(ruleset, default_action=Action.PERMIT),
}
IN_ENFORCE: dict[str, Mutation] = {
    "monitor's permit in enforce": add(210, to=ANYWHERE, protocol=Protocol.ANY, name=PREFIX + "monitor-permit"),
    **{
        f"{name} only watched in enforce": change(name, watch=True)
        for name in ("shadow-model-deny", "deny-doh-resolvers", "deny-eastwest", "default-deny")
    },
}
IN_MONITOR: dict[str, Mutation] = {
    "monitor's permit moved to the front": change("monitor-permit", priority=1),
    "monitor's permit removed": remove("monitor-permit"),
    **{
        f"{name} applied in monitor": change(name, watch=False) for name in ("shadow-model-deny", "deny-paste-and-webhooks", "default-deny")
    },
}


def two_zones(spec_of: SpecOf, mode: str) -> ContainmentSpec:
    """Return a stack whose deny set is short: each of its names is asked for from every source."""
    return spec_of(policyMode=mode, availabilityZoneCount=2, unapprovedModelProviderDomains=["api.anthropic.com", "api.openai.com"])


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["monitor", "enforce"])
@pytest.mark.parametrize("hole", HOLES)
def test_a_hole_is_reported_in_both_modes(spec_of: SpecOf, hole: str, mode: str) -> None:
    spec = two_zones(spec_of, mode)
    before = build_ruleset(spec)
    after = HOLES[hole](before)
    assert after != before
    problems = find_broken_invariants(spec, after)
    assert problems
    assert all(problem.where == "policy of made-up" and problem.what and problem.why and problem.fix for problem in problems)


@pytest.mark.parametrize(("mode", "hole"), [*(("enforce", hole) for hole in IN_ENFORCE), *(("monitor", hole) for hole in IN_MONITOR)])
def test_a_hole_of_one_mode_is_reported_in_it(spec_of: SpecOf, mode: str, hole: str) -> None:
    spec = two_zones(spec_of, mode)
    assert find_broken_invariants(spec, {**IN_ENFORCE, **IN_MONITOR}[hole](build_ruleset(spec)))


@pytest.mark.parametrize("mode", PolicyMode)
def test_the_policy_as_built_has_no_hole(shipped: dict[tuple[str, str], ContainmentSpec], spec_of: SpecOf, mode: PolicyMode) -> None:
    two = two_zones(spec_of, mode.value)
    assert find_broken_invariants(two, build_ruleset(two)) == []
    for (_, found), spec in shipped.items():
        if found == mode.value:
            assert find_broken_invariants(spec, build_ruleset(spec)) == []


def test_a_stack_that_denies_no_shadow_model_is_reported(spec_of: SpecOf) -> None:
    spec = spec_of()
    without = replace(
        spec, destinations={group: found for group, found in spec.destinations.items() if group is not WebGroupId.UNAPPROVED_MODELS}
    )
    assert "lists no unapproved model provider" in {problem.what for problem in find_broken_invariants(without, build_ruleset(without))}


def test_the_report_shows_the_flow_and_the_rules_that_may_let_it_through(spec_of: SpecOf) -> None:
    spec = spec_of(policyMode="enforce")
    problems = find_broken_invariants(spec, HOLES["a permit to a network that may hold a shadow model"](build_ruleset(spec)))
    said = " ".join(problem.what for problem in problems)
    assert "TCP api.openai.com:443 is UNKNOWN by added or vca-openclaw-shadow-model-deny (unknown)" in said


def test_more_denies_are_no_hole(spec_of: SpecOf) -> None:
    for mode in ("monitor", "enforce"):
        spec = spec_of(policyMode=mode)
        extra = add(65, protocol=Protocol.UDP, ports=(PortRange(123, 123),), action=Action.DENY, watch=mode == "monitor")
        assert find_broken_invariants(spec, extra(build_ruleset(spec))) == []
