"""What a compromised agent can still do: open for what some flow does, closed where no flow can, each with a flow that shows it."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from containment.addresses.port_range import PortRange
from containment.analysis.subject import Fact, Subject
from containment.loaders.stack_file import read_stack
from containment.names import Action, PolicyMode, Protocol, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.policy.first_match import decide
from containment.policy.flow import Application, Flow, Source
from containment.policy.rules import ANYWHERE, PUBLIC_INTERNET, CidrSelector, Rule, RuleSet, SmartGroup, WebGroup
from containment.queries.subject.subjects import build_subject
from containment.risk.blast_radius import Ability, AbilityKind, compute_blast_radius

HTTPS = (PortRange(443, 443),)
BY_FLOW = {AbilityKind.UNNAMED, AbilityKind.RESOLVE, AbilityKind.NEIGHBOURS}
DENY_ALL = Rule("default-deny", 900, Action.DENY, ("any",), ("any",), Protocol.ANY)
PERMIT_ALL = Rule("permit-all", 100, Action.PERMIT, ("any",), ("any",), Protocol.ANY)
BY_NAME = Rule("names", 200, Action.PERMIT, ("any",), ("public",), Protocol.TCP, HTTPS, ("web",), tls_required=True)


def fact(group: WebGroupId, *, uploads: bool = False, relays: bool = False) -> Fact:
    return Fact("the owner", "presets/catalog/x.yaml", group, uploads, relays, foreign_tenant=False)


def subject(
    *rules: Rule, names: tuple[str, ...] = ("a.example",), facts: dict[str, Fact] | None = None, models: tuple[str, ...] = ("m.example",)
) -> Subject:
    smart = {"any": ANYWHERE, "public": PUBLIC_INTERNET, "near": SmartGroup("near", (CidrSelector(ip_network("10.9.0.0/16")),))}
    web = {key: WebGroup(key, tuple(map(DomainPattern, texts))) for key, texts in (("web", names), ("models", models))}
    return Subject("asked", RuleSet(rules, smart, web), mode=PolicyMode.ENFORCE, facts=facts or {})


def opened(asked: Subject) -> dict[AbilityKind, Ability]:
    return {one.kind: one for one in compute_blast_radius(asked) if one.through}


def test_every_kind_is_listed_once_with_its_control_and_open_ones_come_first() -> None:
    found = compute_blast_radius(subject(BY_NAME, DENY_ALL))
    assert sorted(one.kind for one in found) == sorted(AbilityKind)
    assert [bool(one.through) for one in found] == sorted((bool(one.through) for one in found), reverse=True)
    assert all(one.kind.closed_by for one in found)
    assert all(bool(one.through) == bool(one.witness) for one in found)


def test_where_everything_is_denied_nothing_is_possible() -> None:
    assert opened(subject(DENY_ALL)) == {}


def test_a_permit_of_everything_opens_what_needs_no_name_and_a_deny_before_it_closes_it() -> None:
    assert {*opened(subject(PERMIT_ALL))} >= BY_FLOW
    assert opened(subject(replace(DENY_ALL, priority=50), PERMIT_ALL)) == {}


def test_each_kind_that_is_tested_by_flow_is_opened_by_the_rule_that_permits_such_flows() -> None:
    near = Rule("near", 100, Action.PERMIT, ("any",), ("near",), Protocol.TCP, HTTPS)
    assert {*opened(subject(near, DENY_ALL))} == {AbilityKind.NEIGHBOURS}
    dns = Rule("dns", 100, Action.PERMIT, ("any",), ("public",), Protocol.UDP, (PortRange(53, 53),))
    found = opened(subject(dns, DENY_ALL))
    assert {*found} == {AbilityKind.RESOLVE, AbilityKind.UNNAMED}, "a resolver of strangers is a public address that nobody names"
    assert found[AbilityKind.RESOLVE].through[0][0] == "dns"


def test_a_permit_by_name_opens_what_the_catalog_lists_for_its_names() -> None:
    facts = {
        "a.example": fact(WebGroupId.PACKAGES, uploads=True),
        "b.example": fact(WebGroupId.MODEL_GATEWAYS, relays=True),
        "c.example": fact(WebGroupId.AWS_INFRA),
        "d.example": fact(WebGroupId.UNAPPROVED_MODELS),
    }
    found = opened(subject(BY_NAME, DENY_ALL, names=tuple(facts), facts=facts))
    named = {kind: [name for _, name, _ in ability.through] for kind, ability in found.items()}
    assert named == {
        AbilityKind.UPLOAD: ["a.example"],
        AbilityKind.RELAY: ["b.example"],
        AbilityKind.CODE: ["a.example"],
        AbilityKind.MODEL: ["b.example", "d.example"],
        AbilityKind.AWS_APIS: ["c.example"],
        AbilityKind.UNKNOWN_NAMES: ["d.example"],
        AbilityKind.ANY_SERVER: [*facts],
    }


def test_what_the_catalog_lacks_is_reported_and_a_wildcard_of_it_covers_names_under_it() -> None:
    facts = {"*.known.example": fact(WebGroupId.PACKAGES, uploads=True)}
    found = opened(subject(BY_NAME, DENY_ALL, names=("x.known.example", "stranger.example", "*.wide.example"), facts=facts))
    assert [name for _, name, _ in found[AbilityKind.UPLOAD].through] == ["x.known.example"]
    assert [name for _, name, _ in found[AbilityKind.UNKNOWN_NAMES].through] == ["stranger.example", "*.wide.example"]


def test_a_wildcard_is_whatever_it_lets_through_and_not_what_an_earlier_deny_takes() -> None:
    facts = {
        "up.wide.example": fact(WebGroupId.PACKAGES, uploads=True),
        "llm.wide.example": fact(WebGroupId.UNAPPROVED_MODELS),
        "else.example": fact(WebGroupId.PACKAGES, relays=True),
    }
    found = opened(subject(BY_NAME, DENY_ALL, names=("*.wide.example",), facts=facts))
    assert {kind: [name for _, name, _ in found[kind].through] for kind in (AbilityKind.UPLOAD, AbilityKind.MODEL)} == {
        AbilityKind.UPLOAD: ["*.wide.example"],
        AbilityKind.MODEL: ["*.wide.example"],
    }
    assert AbilityKind.RELAY not in found
    denied = replace(BY_NAME, name="models", priority=100, action=Action.DENY, web_groups=("models",))
    asked = subject(denied, BY_NAME, DENY_ALL, names=("*.wide.example",), facts=facts, models=("llm.wide.example",))
    assert {AbilityKind.UPLOAD, AbilityKind.UNKNOWN_NAMES} <= {*opened(asked)}
    assert AbilityKind.MODEL not in opened(asked)


def test_a_verified_name_opens_no_other_server() -> None:
    assert AbilityKind.ANY_SERVER in opened(subject(BY_NAME, DENY_ALL))
    assert AbilityKind.ANY_SERVER not in opened(subject(replace(BY_NAME, verify_sni=True), DENY_ALL))


def test_a_permit_that_decides_nothing_opens_nothing() -> None:
    covered = replace(BY_NAME, name="before", priority=100, action=Action.DENY)
    facts = {"a.example": fact(WebGroupId.PACKAGES, uploads=True)}
    assert opened(subject(covered, BY_NAME, DENY_ALL, facts=facts)) == {}


@pytest.mark.parametrize("stack", ["coding-enforce", "locked-down-enforce", "research-monitor", "open-demo-enforce"])
def test_what_shipped_classes_leave_open_is_what_some_permitted_name_is_for(stack: str) -> None:
    asked = build_subject(read_stack(stack))
    found = opened(asked)
    for kind in {*found} - BY_FLOW:
        for rule, name, _ in found[kind].through:
            said = asked.ruleset.by_name[rule]
            assert said.action.permits
            told = {decide(asked.ruleset, flow).rule for flow in flows_to(asked, said, name.partition("/")[0].replace("*", "x"))}
            assert rule in told, (kind, name)


def flows_to(asked: Subject, rule: Rule, host: str) -> list[Flow]:
    """Return flows of an agent that name a host, to one address of every group a rule names."""
    agent = asked.agents[0]
    source = Source(next(iter(agent.networks or ())).network_address + 10, dict(agent.tags or {}))
    selectors = [one for group in rule.destinations for one in asked.ruleset.smart_groups[group].selectors]
    to = [one.network.network_address if isinstance(one, CidrSelector) else ip_address("198.51.100.7") for one in selectors]
    return [Flow(source, address, Protocol.TCP, 443, Application.TLS, host) for address in to]


def test_a_class_that_installs_nothing_downloads_no_code() -> None:
    assert AbilityKind.CODE in opened(build_subject(read_stack("coding-enforce")))
    locked = opened(build_subject(read_stack("locked-down-enforce")))
    assert not {AbilityKind.CODE, AbilityKind.UNNAMED, AbilityKind.UNKNOWN_NAMES} & {*locked}
