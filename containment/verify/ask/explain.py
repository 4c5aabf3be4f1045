"""`explain`: what one flow meets, rule by rule."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from containment.model.decide import decide
from containment.model.errors import InputError, Problem
from containment.model.flow import Application, Effect, Flow, Somewhere, Source, Verdict
from containment.model.fqdn import DomainPattern, normalise
from containment.model.names import Protocol
from containment.model.reach.addresses import public_networks
from containment.model.reach.analysis import Analysis, Reached
from containment.model.reach.box import EVERYWHERE, Box, Claim
from containment.model.reach.sources import Sources
from containment.model.reach.subject import Subject
from containment.model.reach.view import Watched
from containment.model.ruleset import Address, CidrSelector, PortRange, SmartGroup, WebGroup
from containment.verify.answers import Answer, Exit, Section

_EXITS = {Verdict.PERMIT: Exit.OK, Verdict.DENY: Exit.FAILED, Verdict.UNKNOWN: Exit.INCONCLUSIVE}


def parse_target(text: str, *, http: bool = False, no_sni: bool = False) -> tuple[str | None, Address | None, Protocol, int | None]:
    """Return name, address, protocol and port of `host:port`, `address:port/udp`, `address/icmp`; raises InputError."""
    said, _, carrier = text.partition("/")
    try:
        protocol = Protocol[(carrier or "tcp").upper()]
    except KeyError:
        raise _wrong(text, f"has the protocol {carrier!r}, which is none of tcp, udp, icmp, any") from None
    host, port = _split(said, text)
    if protocol is Protocol.ICMP:
        port = None
    elif port is None:
        port = 80 if http else 443
    try:
        return None, ip_address(host.strip("[]")), protocol, port
    except ValueError:
        pass
    try:
        return (None if no_sni else normalise(host)), None, protocol, port
    except ValueError as error:
        raise _wrong(text, f"names {host!r}, which {error}") from None


def _split(said: str, text: str) -> tuple[str, int | None]:
    host, colon, tail = said.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):  # no port, or a bare IPv6 address
        return said, None
    if not tail.isascii() or not tail.isdigit() or not 0 <= int(tail) <= 65535:
        raise _wrong(text, f"has the port {tail!r}, which is not a number from 0 to 65535")
    return host, int(tail)


def _wrong(text: str, what: str) -> InputError:
    problem = Problem(
        f"--to {text}", what, "only a whole flow can be explained", "write api.openai.com:443, 8.8.8.8:53/udp or 10.0.0.1/icmp"
    )
    return InputError("cannot explain", [problem])


_OF_A_STATE = re.compile(r"urn:pulumi:\S*::")
"""What stands before a group's own name where the policy is read from a state."""


def explain(subject: Subject, to: str, *, http: bool = False, no_sni: bool = False, at: str | None = None, tls: bool = False) -> Answer:
    """Return what is decided about a flow from every kind of agent to a target; raises InputError.

    A name is a claim: without `at` (an address) the destination is any public address. `http` sends it as a Host header,
    `no_sni` sends TLS without a name; an address alone is neither TLS nor HTTP unless `http` or `tls` says so.
    """
    name, address, protocol, port = parse_target(to, http=http, no_sni=no_sni)
    if at is not None:
        try:
            address = ip_address(at)
        except ValueError:
            raise _wrong(at, "is no address") from None
    spoken = Application.OTHER
    if protocol is Protocol.TCP:
        wants_tls = tls or no_sni or name is not None
        spoken = Application.HTTP if http else Application.TLS if wants_tls else Application.OTHER
    elif name is not None:
        name = None
    flow = Flow(_one_of(subject.agents[0]), address or Somewhere.PUBLIC, protocol, port, spoken, name)
    analysis = Analysis(subject.ruleset, subject.agents, [_box(flow)])
    asked = analysis.probe(0)
    genuine = analysis.table.forged  # to be avoided: the server is taken to be what it is called
    through, stopped = analysis.ways_into(asked, genuine), analysis.ways_out(asked, genuine)
    verdict = Verdict.UNKNOWN if through and stopped else Verdict.PERMIT if through else Verdict.DENY
    today = _today(analysis, asked)
    plain = decide(subject.ruleset, flow)
    rules = list(dict.fromkeys(way.rule.name if way.rule else "the default action" for way in (*through, *stopped)))
    passed = tuple((one.rule, _OF_A_STATE.sub("", one.reason)) for one in plain.passed_over)
    return Answer(
        "explain",
        f"{_word(verdict, today)}: {flow} ({spoken.value}) from an agent of {subject.title}: {' or '.join(rules)}",
        _EXITS[verdict],
        (
            *(_hangs_on(through, stopped) if verdict is Verdict.UNKNOWN else ()),
            *((Section("Passed over before that", ("rule", "because"), passed),) if passed else ()),
        ),
        assumptions=subject.assumptions,
        data={
            "verdict": verdict.value,
            "rules": rules,
            "today": today.value,
            "passedOver": [{"rule": rule, "reason": reason} for rule, reason in passed],
        },
    )


def _box(flow: Flow) -> Box:
    """Return the flows that are asked about: any public IPv4 address where the destination is not given."""
    if isinstance(flow.destination, Somewhere):
        selectors = tuple(CidrSelector(network) for network in public_networks())
    else:
        selectors = (CidrSelector(ip_network(flow.destination)),)
    claims = {
        Application.TLS: Claim.TLS_NAMED if flow.server_name else Claim.TLS_BARE,
        Application.HTTP: Claim.HTTP_NAMED if flow.server_name else Claim.HTTP_BARE,
        Application.OTHER: Claim.OTHER,
    }
    return Box(
        (EVERYWHERE,),
        (SmartGroup("asked about", selectors),),
        (WebGroup("asked about", (DomainPattern(flow.server_name),)),) if flow.server_name else None,
        frozenset({claims[flow.application]}),
        Protocol(flow.protocol.value),
        () if flow.port is None else (PortRange(flow.port, flow.port),),
    )


def _today(analysis: Analysis, asked: int) -> Effect:
    """Return what happens with watched rules as they are, under both readings of `watch`."""
    found: set[bool] = set()
    for watched in (Watched.ENDS, Watched.FALLS):
        found |= {True} if analysis.ways_into(asked, analysis.table.forged, watched) else set()
        found |= {False} if analysis.ways_out(asked, analysis.table.forged, watched) else set()
    return Effect.UNKNOWN if len(found) > 1 else Effect.DELIVERED if True in found else Effect.BLOCKED


def _hangs_on(through: list[Reached], stopped: list[Reached]) -> tuple[Section, ...]:
    rows = [
        (word, way.rule.name if way.rule else "the default action", str(way.witness))
        for word, ways in (("let through", through), ("denied", stopped))
        for way in ways
    ]
    return (Section("It hangs on what is not known, or not said", ("outcome", "rule", "for example"), tuple(rows)),)


def _one_of(agent: Sources) -> Source:
    """Return one agent, for the reasons why rules are passed over; what is decided is asked for all of them."""
    if not agent.networks:
        return Source(None, agent.tags)
    network = agent.networks[0]
    return Source(network.network_address + min(10, network.num_addresses - 1), agent.tags)


def _word(verdict: Verdict, today: Effect) -> str:
    if verdict is Verdict.DENY:
        return "DENIED" if today is Effect.BLOCKED else f"WOULD BE DENIED (today: {today.value})"
    return "PERMITTED" if verdict is Verdict.PERMIT else "NOT CERTAIN"
