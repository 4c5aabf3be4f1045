"""Statements about every flow of an agent, each proved, broken with witnesses, or uncertain.

The statements are about reachability, not about particular rules, so they apply to any policy: one that this program builds, one
read from a state, one among other owners' rules. UNCERTAIN means that the result depends on something unknown: a group that
another program creates, or behavior that Aviatrix does not document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from containment.addresses.port_range import PortRange
from containment.analysis.classes.box import EVERYWHERE, TLS_CLAIMS, Box, L7Match
from containment.analysis.classes.table import Witness
from containment.analysis.classes.view import WatchReading
from containment.analysis.incremental_analysis import IncrementalAnalysis
from containment.analysis.questions import Analysis, DecidingRule
from containment.analysis.single_domain_added import find_added_name
from containment.analysis.subject import Subject
from containment.names import RFC1918, Action, PolicyMode, Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.rules import CidrSelector, Network, Rule, SmartGroup, WebGroup

_INSPECTING: Final = (Action.INSPECT_PERMIT, Action.DEEP_INSPECT_PERMIT)
_DNS: Final = (PortRange(53, 53),)
_DNS_OVER_TLS: Final = (PortRange(853, 853),)


class ProofStatus(StrEnum):
    """Result of a statement."""

    PROVED = "proved"
    BROKEN = "broken"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Proof:
    """One statement and its verdict; `shown` has the rules at fault with one flow each, `why` the reason for SKIPPED."""

    id: str
    statement: str
    verdict: ProofStatus
    shown: tuple[tuple[str, str], ...] = ()
    why: str = ""


def prove(subject: Subject) -> list[Proof]:
    """Return the proof of every statement about a subject, in a fixed order."""
    return list(run_proofs(subject).proofs)


@dataclass(frozen=True, slots=True, eq=False)
class ProofResults:
    """A subject with its proofs and the analysis behind them; `kept` is true where an earlier analysis was reused."""

    subject: Subject
    proofs: tuple[Proof, ...]
    questions: StatementSets
    kept: bool = False


def run_proofs(subject: Subject) -> ProofResults:
    """Return the proof of every statement about a subject, with the analysis for a later `reproved`."""
    questions = StatementSets.build(subject)
    proofs = tuple(_Prover(subject, questions).generate_proofs())
    questions.analysis.prepare()
    return ProofResults(subject, proofs, questions)


def update_proofs(before: ProofResults, after: Subject) -> ProofResults:
    """Return the proofs of a changed subject; after adding one exact name, search only for what that can change."""
    added = find_added_name(before.subject, after)
    if added is None or added.name in before.questions.analysis.table.examples:
        return run_proofs(after)
    known = before.questions
    gained = known.find_boxes(added.groups) | (known.bits["approved"] if added.approved else 0)
    questions = StatementSets(IncrementalAnalysis(known.analysis, after.ruleset, added.name, gained), known.bits)
    return ProofResults(after, tuple(_Prover(after, questions).generate_proofs()), questions, kept=True)


@dataclass(frozen=True, slots=True, eq=False)
class StatementSets:
    """The analysis of a subject with the sets that statements are about, as bits by name (0: no such set)."""

    analysis: Analysis
    bits: Mapping[str, int]

    @classmethod
    def build(cls, subject: Subject) -> StatementSets:
        """Return the analysis of a subject, built from scratch."""
        boxes = {
            "private": _build_box(RFC1918),
            "own": _build_box((*subject.own, *subject.resolvers)),
            "resolvers": _build_box(subject.resolvers),
            "denied": Box((EVERYWHERE,), (EVERYWHERE,), _build_web_groups(subject.denied), _NAMED),
            "approved": Box((EVERYWHERE,), (EVERYWHERE,), _build_web_groups(subject.approved), TLS_CLAIMS),
            "named": Box((EVERYWHERE,), (EVERYWHERE,), None, frozenset({L7Match.TLS_NAMED}), Protocol.TCP),
            "dns-udp": Box((EVERYWHERE,), (EVERYWHERE,), protocol=Protocol.UDP, ports=_DNS),
            "dns-tcp": Box((EVERYWHERE,), (EVERYWHERE,), protocol=Protocol.TCP, ports=_DNS),
            "dns-over-tls": Box((EVERYWHERE,), (EVERYWHERE,), protocol=Protocol.ANY, ports=_DNS_OVER_TLS),
        }
        analysis = Analysis(subject.ruleset, subject.agents, [box for box in boxes.values() if box is not None])
        there = [name for name, box in boxes.items() if box is not None]
        return cls(analysis, {name: analysis.get_probe(there.index(name)) if name in there else 0 for name in boxes})

    def find_boxes(self, groups: frozenset[str]) -> int:
        """Return the rules that name any of the given WebGroups, as bits."""
        return sum(1 << index for index, rule in enumerate(self.analysis.ruleset.rules) if not groups.isdisjoint(rule.web_groups))


class _Prover:
    def __init__(self, subject: Subject, questions: StatementSets) -> None:
        self._subject, self._analysis, self._bits = subject, questions.analysis, questions.bits

    def generate_proofs(self) -> Iterator[Proof]:
        yield self._prove_denied_names()
        yield from self._prove_today()
        yield self._prove_order()
        yield self._prove_resolvers()
        yield self._prove_only_named_tls()
        yield self._prove_only_approved()
        yield self._prove_private_addresses()
        yield self._prove_no_dead_rule()
        yield self._prove_default_deny()
        yield from self._prove_inspection()
        yield from self._prove_credential_gateway()

    def _prove_denied_names(self) -> Proof:
        said = "no unapproved model provider is reachable by name, over TLS or HTTP, on any port, outside approved private networks"
        if not self._subject.denied:
            return Proof("shadow-models-out-of-reach", said, ProofStatus.SKIPPED, why="no set of unapproved names is known")
        return self._prove_unreachable("shadow-models-out-of-reach", said, self._bits["denied"], self._bits["own"])

    def _prove_today(self) -> Iterator[Proof]:
        """Yield the statement about the rules as they are, watched ones included, under both readings of `watch`."""
        said = "no unapproved model provider is reachable today, while watched rules are only watched"
        key = "enforced-today"
        if self._subject.mode is PolicyMode.MONITOR:
            yield self._prove_today_in_monitor(key, said)
            return
        if not self._subject.denied:
            yield Proof(key, said, ProofStatus.SKIPPED, why="no set of unapproved names is known")
            return
        yield self._prove_in_both_readings(key, said, [self._bits["denied"]], self._bits["own"])

    def _prove_today_in_monitor(self, key: str, said: str) -> Proof:
        """Return the statement for monitor, where only denies of `alwaysEnforce` are applied: about the flows that these match."""
        ruleset = self._subject.ruleset
        denies = [rule for rule in ruleset.rules if rule.web_groups and not (rule.action.permits or rule.watch or rule.disabled)]
        patterns = {rule.name: {one for group in rule.web_groups for one in ruleset.web_groups[group].patterns} for rule in denies}
        if not self._subject.denied or not set().union(*patterns.values()).issuperset(self._subject.denied):
            return Proof(key, said, ProofStatus.SKIPPED, why="in monitor denies are watched, not applied: flows are delivered")
        names = set(self._subject.denied)
        needed = [self._analysis.view.get_bit(rule) for rule in denies if patterns[rule.name] & names]
        return self._prove_in_both_readings(key, f"{said}, by any flow that an applied deny by name matches", needed, 0)

    def _prove_in_both_readings(self, key: str, said: str, needed: Sequence[int], avoid: int) -> Proof:
        """Return the statement that no flow of any of some sets is let through, under both readings of `watch`."""
        ends, falls = (
            [way for need in needed for way in self._analysis.find_permitting_rules(need, avoid, reading)]
            for reading in (WatchReading.ENDS, WatchReading.FALLS)
        )
        one, two = (_determine_status(way.witness for way in ways) for ways in (ends, falls))
        verdict = one if one is two else ProofStatus.UNCERTAIN
        return Proof(key, said, verdict, _format_witnesses([*ends, *falls]))

    def _prove_order(self) -> Proof:
        said = "no permit decides a flow that a later deny by name matches"
        denies = [rule for rule in self._subject.ruleset.rules if rule.web_groups and not rule.action.permits]
        key = "named-denies-first"
        if not denies:
            return Proof(key, said, ProofStatus.SKIPPED, why="no rule denies by name")
        found = self._analysis.find_preceding_permits(denies)
        shown = tuple((f"{one.permit.name} before {one.deny.name}", str(one.witness)) for one in found)
        return Proof(key, said, _determine_status(one.witness for one in found), shown)

    def _prove_resolvers(self) -> Proof:
        said = "no DNS resolver except the VPC's own is reachable on port 53, and none on port 853 outside approved private networks"
        ways = self._analysis.find_permitting_rules(self._bits["dns-udp"], self._bits["resolvers"])
        ways += self._analysis.find_permitting_rules(self._bits["dns-tcp"], self._bits["resolvers"])
        ways += self._analysis.find_permitting_rules(self._bits["dns-over-tls"], self._bits["own"])
        return Proof("external-dns-out-of-reach", said, _determine_status(way.witness for way in ways), _format_witnesses(ways))

    def _prove_only_named_tls(self) -> Proof:
        said = "only TLS with a server name reaches public addresses"
        return self._prove_unreachable("only-named-tls-to-the-internet", said, 0, self._bits["private"] | self._bits["named"])

    def _prove_only_approved(self) -> Proof:
        count = len(self._subject.approved)
        said = f"every server name that an agent can use toward public addresses matches one of {count} approved patterns"
        return self._prove_unreachable("only-approved-names", said, self._bits["named"], self._bits["private"] | self._bits["approved"])

    def _prove_private_addresses(self) -> Proof:
        said = "no private address is reachable outside the VPC and approved private networks"
        return self._prove_unreachable("neighbours-out-of-reach", said, self._bits["private"], self._bits["own"])

    def _prove_no_dead_rule(self) -> Proof:
        said = "every rule decides some flow, or only repeats what earlier watched rules would do"
        shown = []
        for dead in self._analysis.find_dead_rules():
            if self._is_repeating_watched(dead.rule):
                continue
            kind = "shadowed" if dead.is_shadowed else "redundant"
            covering = ", ".join(rule.name for rule in dead.covering) or "no rule: it matches no flow"
            shown.append((dead.rule.name, f"{kind}; covered by {covering}"))
        return Proof("no-dead-rule", said, ProofStatus.BROKEN if shown else ProofStatus.PROVED, tuple(shown))

    def _is_repeating_watched(self, rule: Rule) -> bool:
        """Return whether watched rules alone match all flows of a rule, and it decides some of them when they are skipped."""
        view, find = self._analysis.view, self._analysis.table.find
        before = [one for one in self._subject.ruleset.rules[: view.numbers[rule.name]] if not one.disabled]
        watched, applied = (sum(view.get_bit(one) for one in before if one.watch is watch) for watch in (True, False))
        return find(view.get_bit(rule), watched) is None and find(view.get_bit(rule), applied) is not None

    def _prove_default_deny(self) -> Proof:
        said = "every flow that no rule matches is denied"
        ways = [way for way in self._analysis.find_permitting_rules() if way.rule is None]
        return Proof("default-deny", said, ProofStatus.BROKEN if ways else ProofStatus.PROVED, _format_witnesses(ways))

    def _prove_inspection(self) -> Iterator[Proof]:
        """Yield the statement about permits that decrypt, where there are any."""
        opened = [rule for rule in self._subject.ruleset.rules if rule.decrypts and rule.action.permits and not rule.disabled]
        blind = [(rule.name, f"decrypts, and its action is {rule.action.value}") for rule in opened if rule.action not in _INSPECTING]
        if opened:
            said = "every permit that decrypts TLS also searches it for intrusions"
            yield Proof("decrypted-flows-are-inspected", said, ProofStatus.BROKEN if blind else ProofStatus.PROVED, tuple(blind))

    def _prove_credential_gateway(self) -> Iterator[Proof]:
        """Yield the statements about the credential gateway, where there is one."""
        gateway = self._subject.credential_gateway
        if gateway is None:
            return
        hosts = Box((EVERYWHERE,), (EVERYWHERE,), _build_web_groups(gateway.hosts), _NAMED)
        private = _build_box((*self._subject.own, *self._subject.resolvers))
        boxes = [hosts, *([private] if private else [])]
        agents, own = (Analysis(self._subject.ruleset, sources, boxes) for sources in (gateway.agents, (gateway.source,)))
        said = f"no agent reaches any of the {len(gateway.hosts)} destinations of the credential gateway by itself"
        ways = agents.find_permitting_rules(agents.get_probe(0), agents.get_probe(1) if private else 0)
        yield Proof("models-only-through-the-gateway", said, _determine_status(way.witness for way in ways), _format_witnesses(ways))
        said = f"the credential gateway reaches {len(gateway.hosts)} destinations by name, and nothing else"
        ways = own.find_permitting_rules(0, own.get_probe(0))
        yield Proof("gateway-reaches-its-providers-only", said, _determine_status(way.witness for way in ways), _format_witnesses(ways))

    def _prove_unreachable(self, key: str, said: str, need: int, avoid: int) -> Proof:
        ways = self._analysis.find_permitting_rules(need, avoid)
        return Proof(key, said, _determine_status(way.witness for way in ways), _format_witnesses(ways))


_NAMED: Final = frozenset({L7Match.TLS_NAMED, L7Match.HTTP_NAMED})


def _build_box(networks: Iterable[Network]) -> Box | None:
    selectors = tuple(CidrSelector(network) for network in networks)
    return Box((EVERYWHERE,), (SmartGroup("queried networks", selectors),)) if selectors else None


def _build_web_groups(patterns: tuple[DomainPattern, ...]) -> tuple[WebGroup, ...]:
    return (WebGroup("queried names", patterns),) if patterns else ()


def _format_witnesses(ways: Iterable[DecidingRule]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((way.rule.name if way.rule else "default action", str(way.witness)) for way in ways))


def _determine_status(witnesses: Iterable[Witness]) -> ProofStatus:
    """Return the verdict of a search: a witness that depends on something unknown is UNCERTAIN, not BROKEN."""
    found = list(witnesses)
    if not found:
        return ProofStatus.PROVED
    return ProofStatus.BROKEN if any(not one.given and one.apex is None for one in found) else ProofStatus.UNCERTAIN
