"""The `explain` command: the decision on one flow, rule by rule."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from containment.addresses.port_range import PortRange
from containment.analysis.classes.addresses import get_public_networks
from containment.analysis.classes.box import EVERYWHERE, Box, L7Match
from containment.analysis.classes.sources import Sources
from containment.analysis.classes.view import WatchReading
from containment.analysis.questions import Analysis, DecidingRule
from containment.analysis.subject import Subject
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.first_match import decide
from containment.policy.flow import Application, Effect, Flow, PolicyVerdict, Source, UnresolvedAddress
from containment.policy.rules import CidrSelector, SmartGroup, WebGroup
from containment.queries.results import Answer, Section
from containment.queries.target import Target, decide_urls, parse_target

_EXITS = {PolicyVerdict.PERMIT: Exit.OK, PolicyVerdict.DENY: Exit.NO, PolicyVerdict.UNKNOWN: Exit.INCONCLUSIVE}


_OF_A_STATE = re.compile(r"urn:pulumi:\S*::")
"""The prefix of a group's name in a policy that is read from a state."""


def explain(subject: Subject, to: str, *, http: bool = False, no_sni: bool = False, at: str | None = None, tls: bool = False) -> Answer:
    """Return the decision on a flow from every kind of agent to a target; raise InputError if the target is invalid.

    A client chooses the name that it sends, so without `at` the destination is any public address.

    Args:
        subject: the policy and its agents.
        to: the target, see `parse_target`.
        http: send the name as a Host header of plain HTTP.
        no_sni: send TLS without a server name.
        at: the address to which the name resolves.
        tls: an address alone is contacted with TLS; otherwise with neither TLS nor HTTP.
    """
    target = parse_destination(to, at, http=http, no_sni=no_sni)
    address = target.address
    name, spoken = None, Application.OTHER
    if target.protocol is Protocol.TCP:
        name = target.name
        wants_tls = tls or no_sni or name is not None
        spoken = Application.HTTP if target.is_http else Application.TLS if wants_tls else Application.OTHER
    flow = Flow(
        source=_pick_agent(subject.agents[0]),
        destination=address or UnresolvedAddress.PUBLIC,
        protocol=target.protocol,
        port=target.port,
        application=spoken,
        server_name=name,
        path=target.path,
    )
    rules_asked = decide_urls(subject.ruleset, name, target.path)
    analysis = Analysis(rules_asked, subject.agents, [_build_box(flow)])
    asked = analysis.get_probe(0)
    genuine = analysis.table.forged  # avoided below: the server is assumed to be the one that the name denotes
    through, stopped = analysis.find_permitting_rules(asked, genuine), analysis.find_denying_rules(asked, genuine)
    verdict = PolicyVerdict.UNKNOWN if through and stopped else PolicyVerdict.PERMIT if through else PolicyVerdict.DENY
    today = _find_present_effect(analysis, asked)
    plain = decide(subject.ruleset, flow)
    rules = list(dict.fromkeys(way.rule.name if way.rule else "the default action" for way in (*through, *stopped)))
    passed = tuple((one.rule, _OF_A_STATE.sub("", one.reason)) for one in plain.passed_over)
    return Answer(
        verb="explain",
        headline=f"{_choose_word(verdict, today)}: {flow} ({spoken.value}) from an agent of {subject.title}: {' or '.join(rules)}",
        exit=_EXITS[verdict],
        sections=(
            *(_explain_uncertainty(through, stopped) if verdict is PolicyVerdict.UNKNOWN else ()),
            *((Section("Passed over before that", ("rule", "because"), passed),) if passed else ()),
        ),
        assumptions=(*target.notes, *subject.assumptions),
        data={
            "verdict": verdict.value,
            "rules": rules,
            "today": today.value,
            "passedOver": [{"rule": rule, "reason": reason} for rule, reason in passed],
        },
    )


def parse_destination(to: str, at: str | None, *, http: bool = False, no_sni: bool = False) -> Target:
    """Return a target, with the address to which its name resolves; raise InputError (see `explain`)."""
    reader = InputReader("cannot explain")
    target = reader.read(lambda: parse_target(to, http=http, no_sni=no_sni))
    address = reader.read(lambda: _parse_address(at)) if at is not None else None
    reader.require()
    return target.value if address is None else replace(target.value, address=address.value)


def _parse_address(at: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(at.strip().strip("[]"))
    except ValueError:
        problem = Problem(f"--at {at}", "is not an address", "the flow needs one destination", "write an address such as 203.0.113.10")
        raise InputError("cannot explain", [problem]) from None


def _build_box(flow: Flow) -> Box:
    """Return the box of a flow: any public IPv4 address where the destination is not given."""
    if isinstance(flow.destination, UnresolvedAddress):
        selectors = tuple(CidrSelector(network) for network in get_public_networks())
    else:
        selectors = (CidrSelector(ip_network(flow.destination)),)
    claims = {
        Application.TLS: L7Match.TLS_NAMED if flow.server_name else L7Match.TLS_BARE,
        Application.HTTP: L7Match.HTTP_NAMED if flow.server_name else L7Match.HTTP_BARE,
        Application.OTHER: L7Match.OTHER,
    }
    return Box(
        (EVERYWHERE,),
        (SmartGroup("the question", selectors),),
        (WebGroup("the question", (DomainPattern(flow.server_name),)),) if flow.server_name else None,
        frozenset({claims[flow.application]}),
        Protocol(flow.protocol.value),
        () if flow.port is None else (PortRange(flow.port, flow.port),),
    )


def _find_present_effect(analysis: Analysis, asked: int) -> Effect:
    """Return the present effect, with watched rules as they are, under both readings of `watch`."""
    found: set[bool] = set()
    for watched in (WatchReading.ENDS, WatchReading.FALLS):
        found |= {True} if analysis.find_permitting_rules(asked, analysis.table.forged, watched) else set()
        found |= {False} if analysis.find_denying_rules(asked, analysis.table.forged, watched) else set()
    return Effect.UNKNOWN if len(found) > 1 else Effect.DELIVERED if True in found else Effect.BLOCKED


def _explain_uncertainty(through: list[DecidingRule], stopped: list[DecidingRule]) -> tuple[Section, ...]:
    rows = [
        (word, way.rule.name if way.rule else "the default action", str(way.witness))
        for word, ways in (("let through", through), ("denied", stopped))
        for way in ways
    ]
    return (Section("The outcome depends on unknown facts", ("outcome", "rule", "for example"), tuple(rows)),)


def _pick_agent(agent: Sources) -> Source:
    """Return one address of an agent, to explain why rules are passed over; the decision covers all addresses."""
    if not agent.networks:
        return Source(None, agent.tags)
    network = agent.networks[0]
    return Source(network.network_address + min(10, network.num_addresses - 1), agent.tags)


def _choose_word(verdict: PolicyVerdict, today: Effect) -> str:
    if verdict is PolicyVerdict.DENY:
        return "DENIED" if today is Effect.BLOCKED else f"WOULD BE DENIED (today: {today.value})"
    return "PERMITTED" if verdict is PolicyVerdict.PERMIT else "NOT CERTAIN"
