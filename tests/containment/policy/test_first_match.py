"""First match decides: compared with a naive evaluation, and with every world an unknown may stand for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from containment.addresses.port_range import PortRange
from containment.config.spec import ContainmentSpec
from containment.names import Action, Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.builder import build_ruleset
from containment.policy.first_match import decide
from containment.policy.flow import Application, Decision, Effect, Flow, PolicyVerdict, Source, UnresolvedAddress
from containment.policy.rules import (
    ANYWHERE,
    PUBLIC_INTERNET,
    Address,
    CidrSelector,
    OpaqueSelector,
    Rule,
    RuleSet,
    SmartGroup,
    TagSelector,
    WebGroup,
)

LAWS = settings(max_examples=100, deadline=None, database=None, derandomize=True)
HTTPS = (PortRange(443, 443),)

SMART = {
    "agents": SmartGroup("agents", (TagSelector({"Role": "agent", "Stack": "s"}), CidrSelector(ip_network("10.1.0.0/24")))),
    "tagged": SmartGroup("tagged", (TagSelector({"Role": "agent"}),)),
    "near": SmartGroup("near", (CidrSelector(ip_network("10.2.0.0/16")), CidrSelector(ip_network("198.41.0.4/32")))),
    "six": SmartGroup("six", (CidrSelector(ip_network("2001:db8::/32")),)),
    "anywhere": ANYWHERE,
    "public": PUBLIC_INTERNET,
}
OPAQUE = {"feed": SmartGroup("feed", (OpaqueSelector("a threat feed"),))}
WEB = {
    "ab": WebGroup("ab", (DomainPattern("a.example"), DomainPattern("b.example"))),
    "wild": WebGroup("wild", (DomainPattern("*.a.example"),)),
    "all": WebGroup("all", (DomainPattern("*"),)),
}
ADDRESSES = [ip_address(text) for text in ("10.1.0.5", "10.2.0.9", "8.8.8.8", "198.41.0.4", "2001:db8::1")]
FOUR = [address for address in ADDRESSES if address.version == 4]
TAGS: list[dict[str, str]] = [{}, {"Role": "agent"}, {"Role": "agent", "Stack": "s"}, {"Role": "agent", "Stack": "t"}]
NAMES = [None, "a.example", "x.a.example", "c.example"]


@st.composite
def rules(draw: st.DrawFn, groups: list[str], priority: int, destinations: list[str] | None = None) -> Rule:
    protocol = draw(st.sampled_from(Protocol))
    web: tuple[str, ...] = ()
    ports: tuple[PortRange, ...] = ()
    if protocol is not Protocol.ICMP:
        ports = draw(st.sampled_from([(), HTTPS, (PortRange(53, 53),), (PortRange(1, 60), PortRange(440, 450))]))
        if ports:
            web = draw(st.sampled_from([(), (), ("ab",), ("wild",), ("all",), ("ab", "wild")]))
    return Rule(
        f"rule-{priority}",
        priority,
        draw(st.sampled_from(Action)),
        (draw(st.sampled_from(groups)),),
        tuple(draw(st.lists(st.sampled_from(destinations or groups), min_size=1, max_size=2, unique=True))),
        protocol,
        ports,
        web,
        watch=draw(st.booleans()),
        disabled=draw(st.sampled_from([False, False, False, True])),
        tls_required=bool(web) and draw(st.booleans()),
    )


@st.composite
def rule_sets(draw: st.DrawFn, *, opaque: bool = False, destinations: list[str] | None = None) -> RuleSet:
    groups = {**SMART, **OPAQUE} if opaque else SMART
    count = draw(st.integers(1, 6))
    made = tuple(draw(rules([*groups], 10 * place, destinations)) for place in range(1, count + 1))
    return RuleSet(made, groups, WEB, draw(st.sampled_from([Action.DENY, Action.DENY, Action.PERMIT])))


@st.composite
def flows(
    draw: st.DrawFn, *, unknowns: bool = False, names: tuple[str | None, ...] = tuple(NAMES), addresses: Sequence[Address] = ADDRESSES
) -> Flow:
    protocol = draw(st.sampled_from([Protocol.TCP, Protocol.TCP, Protocol.UDP, Protocol.ICMP]))
    application = draw(st.sampled_from(Application)) if protocol is Protocol.TCP else Application.OTHER
    address = draw(st.sampled_from([*addresses, None] if unknowns else addresses))
    tags = draw(st.sampled_from([*TAGS, None] if unknowns else TAGS))
    destination = draw(st.sampled_from([*addresses, *UnresolvedAddress] if unknowns else addresses))
    return Flow(
        Source(address, tags),
        destination,
        protocol,
        None if protocol is Protocol.ICMP else draw(st.sampled_from([53, 443, 8443])),
        application,
        None if application is Application.OTHER else draw(st.sampled_from(names)),
    )


# A naive evaluation, written apart from the model: everything is known, so everything is yes or no.


def naive_member(group: SmartGroup, address: Any, tags: dict[str, str]) -> bool:
    if group == PUBLIC_INTERNET:
        return not any(address in ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    for selector in group.selectors:
        if isinstance(selector, TagSelector) and selector.tags.items() <= tags.items():
            return True
        if isinstance(selector, CidrSelector) and address in selector.network:
            return True
    return False


def naive_match(ruleset: RuleSet, rule: Rule, flow: Flow) -> bool:
    tags = dict(flow.source.tags or {})
    patterns = [pattern.text for name in rule.web_groups for pattern in ruleset.web_groups[name].patterns]
    web = flow.application is not Application.OTHER and any(
        pattern == "*" if flow.server_name is None else re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), flow.server_name)
        for pattern in patterns
    )
    return (
        not rule.disabled
        and any(naive_member(ruleset.smart_groups[name], flow.source.address, tags) for name in rule.sources)
        and any(naive_member(ruleset.smart_groups[name], flow.destination, {}) for name in rule.destinations)
        and rule.protocol in (Protocol.ANY, flow.protocol)
        and (not rule.ports or any(ports.low <= (flow.port or -1) <= ports.high for ports in rule.ports))
        and (not rule.tls_required or flow.application is Application.TLS)
        and (not patterns or web)
    )


def naive(ruleset: RuleSet, flow: Flow) -> tuple[PolicyVerdict, str | None]:
    for rule in ruleset.rules:
        if naive_match(ruleset, rule, flow):
            return (PolicyVerdict.DENY if rule.action is Action.DENY else PolicyVerdict.PERMIT), rule.name
    return (PolicyVerdict.DENY if ruleset.default_action is Action.DENY else PolicyVerdict.PERMIT), None


def naive_effects(ruleset: RuleSet, flow: Flow) -> set[Effect]:
    """Return the effect under each reading of `watch`: a watched match ends the evaluation, or does nothing."""
    found = []
    for ends in (True, False):
        verdict = None
        for rule in ruleset.rules:
            if naive_match(ruleset, rule, flow) and (not rule.watch or ends):
                verdict = Effect.DELIVERED if rule.watch or rule.action is not Action.DENY else Effect.BLOCKED
                break
        default = Effect.BLOCKED if ruleset.default_action is Action.DENY else Effect.DELIVERED
        found.append(verdict or default)
    return set(found)


@pytest.mark.slow
@LAWS
@given(
    rule_sets(destinations=["near", "six", "anywhere", "public"]),  # whether a destination carries tags is never known
    flows(names=(None, "b.example", "x.a.example", "c.example"), addresses=FOUR),  # no apex; Public Internet is known for IPv4
)
def test_a_known_flow_is_decided_as_by_the_naive_evaluation(ruleset: RuleSet, flow: Flow) -> None:
    decision = decide(ruleset, flow)
    assert (decision.verdict, decision.rule) == naive(ruleset, flow)
    effects = naive_effects(ruleset, flow)
    assert decision.effect is (effects.pop() if len(effects) == 1 else Effect.UNKNOWN)
    applied = replace(ruleset, rules=tuple(replace(rule, watch=False) for rule in ruleset.rules))
    assert {decision.enforce_effect} == naive_effects(applied, flow)
    assert decision.possible == ()


@pytest.mark.slow
@LAWS
@given(rule_sets(), flows())
def test_what_was_passed_over_and_what_decided_are_the_list_from_its_start(ruleset: RuleSet, flow: Flow) -> None:
    decision = decide(ruleset, flow)
    seen = [passed.rule for passed in decision.passed_over]
    assert [*seen, *([decision.rule] if decision.rule else [])] == [rule.name for rule in ruleset.rules][: len(seen) + bool(decision.rule)]
    assert all(passed.reason for passed in decision.passed_over)


def worlds(ruleset: RuleSet, flow: Flow) -> Iterator[Flow]:
    """Yield concrete flows that an unknown one may be."""
    addresses = [flow.source.address] if flow.source.address else ADDRESSES
    tags = [flow.source.tags] if flow.source.tags is not None else TAGS
    destinations: Sequence[Address]
    if flow.destination is UnresolvedAddress.PUBLIC:
        destinations = [ip_address("8.8.8.8"), ip_address("198.41.0.4"), ip_address("1.1.1.1")]
    elif flow.destination is UnresolvedAddress.UNKNOWN:
        destinations = FOUR
    else:
        destinations = [flow.destination]
    for address, tag, destination in itertools.product(addresses, tags, destinations):
        yield replace(flow, source=Source(address, tag), destination=destination)


@pytest.mark.slow
@LAWS
@given(rule_sets(opaque=True), flows(unknowns=True))
def test_an_answer_about_an_unknown_flow_is_true_in_every_world(ruleset: RuleSet, flow: Flow) -> None:
    decision = decide(ruleset, flow)
    for world in worlds(ruleset, flow):
        found = decide(ruleset, world)
        if decision.verdict is not PolicyVerdict.UNKNOWN:
            assert found.verdict in (decision.verdict, PolicyVerdict.UNKNOWN) if _opaque(ruleset) else found.verdict is decision.verdict
        for name in ("effect", "monitor_effect", "enforce_effect"):
            said: Effect = getattr(decision, name)
            assert said is Effect.UNKNOWN or getattr(found, name) is said, name
        if decision.rule:
            assert found.rule == decision.rule


def _opaque(ruleset: RuleSet) -> bool:
    return any("feed" in (*rule.sources, *rule.destinations) for rule in ruleset.rules)


@pytest.mark.slow
@LAWS
@given(rule_sets(opaque=True), flows(unknowns=True))
def test_unknown_names_every_rule_that_may_decide(ruleset: RuleSet, flow: Flow) -> None:
    decision = decide(ruleset, flow)
    if decision.verdict is PolicyVerdict.UNKNOWN:
        actions = {
            ruleset.by_name[name].action.permits if name in ruleset.by_name else ruleset.default_action.permits
            for name in decision.possible
        }
        assert actions == {True, False}
        assert decision.rule is None
    for world in worlds(ruleset, flow):
        if decision.possible:
            found = decide(ruleset, world)
            assert {found.rule or "default action", *found.possible} - {"default action"} <= {
                *decision.possible,
                *([found.rule] if found.rule else []),
            }
            assert (found.rule or "default action") in decision.possible or found.possible


@pytest.mark.slow
@LAWS
@given(rule_sets(opaque=True), flows(unknowns=True), st.data())
def test_adding_a_deny_never_lets_more_through(ruleset: RuleSet, flow: Flow, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(ruleset.rules)))
    deny = replace(data.draw(rules([*ruleset.smart_groups], 10 * place + 5)), action=Action.DENY, watch=False, name="added")
    more = replace(ruleset, rules=(*ruleset.rules[:place], deny, *ruleset.rules[place:]))
    before, after = decide(ruleset, flow), decide(more, flow)
    if after.verdict is PolicyVerdict.PERMIT:
        assert before.verdict is PolicyVerdict.PERMIT
    if after.enforce_effect is Effect.DELIVERED:
        assert before.enforce_effect is Effect.DELIVERED
    if before.enforce_effect is Effect.BLOCKED:
        assert after.enforce_effect is Effect.BLOCKED
    if before.verdict is PolicyVerdict.DENY:
        assert after.verdict is PolicyVerdict.DENY


@pytest.mark.slow
@LAWS
@given(rule_sets(opaque=True), flows(unknowns=True), st.data())
def test_a_disabled_rule_is_as_good_as_gone(ruleset: RuleSet, flow: Flow, data: st.DataObject) -> None:
    assume(len(ruleset.rules) > 1)
    place = data.draw(st.integers(0, len(ruleset.rules) - 1))
    disabled = replace(ruleset, rules=tuple(replace(r, disabled=r.disabled or i == place) for i, r in enumerate(ruleset.rules)))
    gone = replace(ruleset, rules=tuple(r for i, r in enumerate(ruleset.rules) if i != place))
    assert _without_passed(decide(disabled, flow)) == _without_passed(decide(gone, flow))


def _without_passed(decision: Decision) -> Decision:
    return replace(decision, passed_over=())


# One feature a case. The rule set: shadow deny, a permit of names, default deny.

AGENT = Source(IPv4Address("10.1.0.5"), {})
STRANGER = Source(IPv4Address("10.9.0.5"), {})


def three(watch: bool = False, last: bool = False, tls_required: bool = True, names: str = "ab", default: Action = Action.DENY) -> RuleSet:
    made = [
        Rule("shadow", 10, Action.DENY, ("agents",), ("public",), Protocol.TCP, HTTPS, ("shadow",), watch=watch),
        Rule("core", 50, Action.PERMIT, ("agents",), ("public",), Protocol.TCP, HTTPS, (names,), tls_required=tls_required),
        Rule("default-deny", 200, Action.DENY, ("agents",), ("anywhere",), Protocol.ANY, watch=watch),
    ]
    if last:
        made.append(Rule("monitor-permit", 210, Action.PERMIT, ("agents",), ("anywhere",), Protocol.ANY))
    web = {**WEB, "shadow": WebGroup("shadow", (DomainPattern("api.openai.com"),))}
    return RuleSet(tuple(made), SMART, web, default)


def tls(name: str | None, source: Source = AGENT, to: Any = UnresolvedAddress.PUBLIC, application: Application = Application.TLS) -> Flow:
    return Flow(source, to, Protocol.TCP, 443, application, name)


@pytest.mark.parametrize(
    ("flow", "verdict", "rule"),
    [
        (tls("api.openai.com"), PolicyVerdict.DENY, "shadow"),
        (tls("API.OpenAI.com."), PolicyVerdict.DENY, "shadow"),
        (tls("api。openai。com"), PolicyVerdict.DENY, "shadow"),
        (tls("a.example"), PolicyVerdict.PERMIT, "core"),
        (tls("evil.example"), PolicyVerdict.DENY, "default-deny"),
        (tls(None), PolicyVerdict.DENY, "default-deny"),
        (tls(""), PolicyVerdict.DENY, "default-deny"),
        (tls("a.example", application=Application.HTTP), PolicyVerdict.DENY, "default-deny"),
        (tls(None, application=Application.OTHER), PolicyVerdict.DENY, "default-deny"),
        (tls("a.example", to=ip_address("10.2.0.9")), PolicyVerdict.DENY, "default-deny"),
        (replace(tls("a.example"), port=8443), PolicyVerdict.DENY, "default-deny"),
        (
            Flow(AGENT, UnresolvedAddress.PUBLIC, Protocol.UDP, 443, Application.TLS, "a.example"),
            PolicyVerdict.DENY,
            "default-deny",
        ),  # QUIC
        (Flow(AGENT, UnresolvedAddress.PUBLIC, Protocol.ICMP, None), PolicyVerdict.DENY, "default-deny"),
        (tls("a.example", source=STRANGER), PolicyVerdict.DENY, None),
        (tls("evil.example", to=ip_address("2606:4700::1")), PolicyVerdict.DENY, None),  # Anywhere is 0.0.0.0/0
        (
            tls("a.example", to=ip_address("2606:4700::1")),
            PolicyVerdict.UNKNOWN,
            None,
        ),  # whether Public Internet holds IPv6 is not documented
    ],
    ids=str,
)
def test_one_flow_through_three_rules(flow: Flow, verdict: PolicyVerdict, rule: str | None) -> None:
    decision = decide(three(), flow)
    assert (decision.verdict, decision.rule) == (verdict, rule)


def test_http_host_is_believed_where_tls_is_not_demanded() -> None:
    flow = tls("a.example", application=Application.HTTP)
    assert decide(three(tls_required=False), flow).verdict is PolicyVerdict.PERMIT
    decision = decide(three(tls_required=True), flow)
    assert decision.verdict is PolicyVerdict.DENY
    assert "flow is not TLS" in {passed.reason for passed in decision.passed_over}


@pytest.mark.parametrize("name", [None, ""])
def test_tls_without_a_server_name_matches_only_the_group_of_all_names(name: str | None) -> None:
    assert decide(three(names="all"), tls(name)).rule == "core"
    assert decide(three(names="wild"), tls(name)).rule == "default-deny"
    assert decide(three(names="all"), tls(name, application=Application.OTHER)).rule == "default-deny"


@pytest.mark.parametrize("protocol", [Protocol.UDP, Protocol.ANY])
def test_quic_matches_no_group_of_names_whatever_protocol_the_rule_has(protocol: Protocol) -> None:
    permit = Rule("permit", 1, Action.PERMIT, ("agents",), ("public",), protocol, HTTPS, ("all",))
    quic = Flow(AGENT, UnresolvedAddress.PUBLIC, Protocol.UDP, 443, Application.TLS, "a.example")
    assert decide(RuleSet((permit,), SMART, WEB), quic).verdict is PolicyVerdict.DENY


def test_the_apex_of_a_wildcard_is_unknown_where_it_decides() -> None:
    decision = decide(three(names="wild"), tls("a.example"))
    assert decision.verdict is PolicyVerdict.UNKNOWN
    assert decision.possible == ("core", "default-deny")
    assert decision.effect is Effect.UNKNOWN
    permitted = decide(three(names="wild", default=Action.PERMIT), tls("a.example", source=STRANGER))
    assert permitted.verdict is PolicyVerdict.PERMIT  # unknown, and nothing hangs on it


def test_an_unknown_source_matters_only_where_its_membership_does() -> None:
    nobody_knows = Source(None, None)
    assert decide(three(), tls("evil.example", source=nobody_knows)).verdict is PolicyVerdict.DENY
    assert decide(three(), tls("a.example", source=nobody_knows)).verdict is PolicyVerdict.UNKNOWN
    assert decide(three(), tls("a.example", source=Source(None, {"Role": "agent", "Stack": "s"}))).verdict is PolicyVerdict.PERMIT
    assert decide(three(), tls("a.example", source=Source(AGENT.address, None))).verdict is PolicyVerdict.PERMIT
    assert decide(three(), tls("a.example", source=Source(None, {}))).verdict is PolicyVerdict.UNKNOWN
    assert decide(three(), tls("a.example", source=Source(STRANGER.address, None))).verdict is PolicyVerdict.UNKNOWN


def test_a_source_that_may_not_be_the_agent_may_still_be_watched_only() -> None:
    decision = decide(three(watch=True), tls("evil.example", source=Source(None, None)))
    assert decision.verdict is PolicyVerdict.DENY
    assert decision.monitor_effect is Effect.UNKNOWN  # watched by name, or blocked by the default action
    assert decision.enforce_effect is Effect.BLOCKED


@pytest.mark.parametrize(
    ("destination", "network", "verdict"),
    [
        (UnresolvedAddress.PUBLIC, "10.0.0.0/8", PolicyVerdict.DENY),
        (UnresolvedAddress.PUBLIC, "192.168.1.0/24", PolicyVerdict.DENY),
        (UnresolvedAddress.PUBLIC, "100.64.0.0/10", PolicyVerdict.DENY),
        (UnresolvedAddress.PUBLIC, "8.0.0.0/8", PolicyVerdict.UNKNOWN),
        (UnresolvedAddress.PUBLIC, "0.0.0.0/1", PolicyVerdict.UNKNOWN),
        (UnresolvedAddress.PUBLIC, "0.0.0.0/0", PolicyVerdict.PERMIT),
        (UnresolvedAddress.UNKNOWN, "10.0.0.0/8", PolicyVerdict.UNKNOWN),
        (UnresolvedAddress.UNKNOWN, "0.0.0.0/0", PolicyVerdict.PERMIT),
        (UnresolvedAddress.PUBLIC, "2000::/3", PolicyVerdict.UNKNOWN),
    ],
)
def test_a_destination_without_an_address_is_unknown_only_where_it_matters(
    destination: UnresolvedAddress, network: str, verdict: PolicyVerdict
) -> None:
    groups = {**SMART, "there": SmartGroup("there", (CidrSelector(ip_network(network)),))}
    ruleset = RuleSet((Rule("permit", 1, Action.PERMIT, ("agents",), ("there",), Protocol.TCP, HTTPS),), groups, {})
    assert decide(ruleset, tls(None, to=destination)).verdict is verdict


@pytest.mark.parametrize(
    ("made", "effect"),
    [
        (three(watch=False), Effect.BLOCKED),
        (three(watch=True, last=True), Effect.DELIVERED),  # delivered by the watch, or by the permit that follows
        (three(watch=True), Effect.UNKNOWN),  # delivered, or blocked by the default action
        (three(watch=True, default=Action.PERMIT), Effect.DELIVERED),
    ],
    ids=["enforced", "watched with a permit behind", "watched alone", "watched with a global permit"],
)
def test_a_watched_deny_has_an_effect_only_where_both_readings_agree(made: RuleSet, effect: Effect) -> None:
    for name in ("api.openai.com", "evil.example"):
        decision = decide(made, tls(name))
        assert (decision.verdict, decision.effect, decision.enforce_effect) == (PolicyVerdict.DENY, effect, Effect.BLOCKED)
        assert decision.enforced is (effect is Effect.BLOCKED)


def test_a_watched_permit_is_no_permission() -> None:
    ruleset = three()
    watched = replace(ruleset, rules=tuple(replace(rule, watch=rule.name == "core") for rule in ruleset.rules))
    assert decide(watched, tls("a.example")).effect is Effect.UNKNOWN


# Monitor and enforce of the same stack.


@st.composite
def agent_flows(draw: st.DrawFn) -> Flow:
    flow = draw(
        flows(unknowns=True, names=(None, "api.openai.com", "openclaw.ai", "dns.google", "github.com", "evil.example", "x.openclaw.ai"))
    )
    where = draw(st.sampled_from([flow.destination, IPv4Address("10.42.0.2"), IPv4Address("10.42.20.9")]))
    return replace(flow, source=Source(IPv4Address("10.42.10.9"), draw(st.sampled_from([None, {}]))), destination=where)


@LAWS
@given(data=st.data(), flow=agent_flows())
def test_monitor_names_the_verdict_and_rule_that_enforce_applies(
    shipped: dict[tuple[str, str], ContainmentSpec], data: st.DataObject, flow: Flow
) -> None:
    agent_class = data.draw(st.sampled_from(sorted({name for name, _ in shipped})))
    monitor, enforce = (build_ruleset(shipped[agent_class, mode]) for mode in ("monitor", "enforce"))
    assert monitor.default_action is enforce.default_action is Action.DENY
    watched, applied = decide(monitor, flow), decide(enforce, flow)
    assert (watched.verdict, watched.rule, watched.possible) == (applied.verdict, applied.rule, applied.possible)
    assert watched.effect is watched.monitor_effect is applied.monitor_effect
    assert applied.effect is applied.enforce_effect is watched.enforce_effect
    v6 = getattr(flow.destination, "version", 4) == 6
    assert v6 or watched.effect is Effect.DELIVERED  # monitor never breaks a workflow over IPv4
