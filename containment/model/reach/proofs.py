"""What must hold for an agent, asked of every flow: each statement is proved, broken with witnesses, or uncertain.

The statements are about what is reached, not about which rules there are, so they hold for any policy: the seed's, one
read from a state, one with other owners' rules around it. UNCERTAIN means that it hangs on something not known: a group
made elsewhere, or a semantics Aviatrix does not document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from containment.model.fqdn import DomainPattern
from containment.model.names import RFC1918, PolicyMode, Protocol
from containment.model.reach.added import added_name
from containment.model.reach.analysis import Analysis, Reached
from containment.model.reach.box import EVERYWHERE, TLS_CLAIMS, Box, Claim
from containment.model.reach.edited import EditedAnalysis
from containment.model.reach.subject import Subject
from containment.model.reach.table import Witness
from containment.model.reach.view import Watched
from containment.model.ruleset import CidrSelector, Network, PortRange, Rule, SmartGroup, WebGroup

_DNS: Final = (PortRange(53, 53),)
_DNS_OVER_TLS: Final = (PortRange(853, 853),)


class Verdict(StrEnum):
    """How a statement ended."""

    PROVED = "proved"
    BROKEN = "broken"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Proof:
    """One statement and its verdict; `shown` has the rules at fault with one flow each, `why` says what was skipped."""

    id: str
    statement: str
    verdict: Verdict
    shown: tuple[tuple[str, str], ...] = ()
    why: str = ""


def prove(subject: Subject) -> list[Proof]:
    """Return every statement about a subject, in a fixed order."""
    return list(proved(subject).proofs)


@dataclass(frozen=True, slots=True, eq=False)
class Proved:
    """A subject with its proofs and what they were made from; `kept` says that they were made anew only in part."""

    subject: Subject
    proofs: tuple[Proof, ...]
    questions: Questions
    kept: bool = False


def proved(subject: Subject) -> Proved:
    """Return every statement about a subject, and keep the way there for `reproved`."""
    questions = Questions.of(subject)
    proofs = tuple(_Prover(subject, questions).all())
    questions.analysis.prepare()
    return Proved(subject, proofs, questions)


def reproved(before: Proved, after: Subject) -> Proved:
    """Return the proofs of a subject that may be little different: with one exact name more only what that can change is asked."""
    added = added_name(before.subject, after)
    if added is None or added.name in before.questions.analysis.table.examples:
        return proved(after)
    known = before.questions
    gained = known.boxes_of(added.groups) | (known.bits["approved"] if added.approved else 0)
    questions = Questions(EditedAnalysis(known.analysis, after.ruleset, added.name, gained), known.bits)
    return Proved(after, tuple(_Prover(after, questions).all()), questions, kept=True)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """The analysis of a subject with the sets that statements are about, as bits by name (0: there is none)."""

    analysis: Analysis
    bits: Mapping[str, int]

    @classmethod
    def of(cls, subject: Subject) -> Questions:
        """Return a subject's, from nothing."""
        boxes = {
            "private": _box(RFC1918),
            "own": _box((*subject.own, *subject.resolvers)),
            "resolvers": _box(subject.resolvers),
            "denied": Box((EVERYWHERE,), (EVERYWHERE,), _web(subject.denied), _NAMED),
            "approved": Box((EVERYWHERE,), (EVERYWHERE,), _web(subject.approved), TLS_CLAIMS),
            "named": Box((EVERYWHERE,), (EVERYWHERE,), None, frozenset({Claim.TLS_NAMED}), Protocol.TCP),
            "dns-udp": Box((EVERYWHERE,), (EVERYWHERE,), protocol=Protocol.UDP, ports=_DNS),
            "dns-tcp": Box((EVERYWHERE,), (EVERYWHERE,), protocol=Protocol.TCP, ports=_DNS),
            "dns-over-tls": Box((EVERYWHERE,), (EVERYWHERE,), protocol=Protocol.ANY, ports=_DNS_OVER_TLS),
        }
        analysis = Analysis(subject.ruleset, subject.agents, [box for box in boxes.values() if box is not None])
        there = [name for name, box in boxes.items() if box is not None]
        return cls(analysis, {name: analysis.probe(there.index(name)) if name in there else 0 for name in boxes})

    def boxes_of(self, groups: frozenset[str]) -> int:
        """Return the rules that name one of some WebGroups, as bits."""
        return sum(1 << index for index, rule in enumerate(self.analysis.ruleset.rules) if not groups.isdisjoint(rule.web_groups))


class _Prover:
    def __init__(self, subject: Subject, questions: Questions) -> None:
        self._subject, self._analysis, self._bits = subject, questions.analysis, questions.bits

    def all(self) -> Iterator[Proof]:
        yield self._denied_names()
        yield from self._today()
        yield self._order()
        yield self._resolvers()
        yield self._only_named_tls()
        yield self._only_approved()
        yield self._neighbours()
        yield self._nothing_dead()
        yield self._default()

    def _denied_names(self) -> Proof:
        said = "no unapproved model provider is reachable by name, over TLS or HTTP, on any port, outside the place's own networks"
        if not self._subject.denied:
            return Proof("shadow-models-out-of-reach", said, Verdict.SKIPPED, why="no set of unapproved names is known")
        return self._closed("shadow-models-out-of-reach", said, self._bits["denied"], self._bits["own"])

    def _today(self) -> Iterator[Proof]:
        """Yield what holds with rules as they are, watched ones included, under both readings of `watch`."""
        said = "no unapproved model provider is reachable today, watched rules taken as they are"
        key = "enforced-today"
        if self._subject.mode is PolicyMode.MONITOR:
            yield Proof(key, said, Verdict.SKIPPED, why="in monitor denies are watched, not applied: flows are delivered")
            return
        if not self._subject.denied:
            yield Proof(key, said, Verdict.SKIPPED, why="no set of unapproved names is known")
            return
        ends = self._analysis.ways_into(self._bits["denied"], self._bits["own"], Watched.ENDS)
        falls = self._analysis.ways_into(self._bits["denied"], self._bits["own"], Watched.FALLS)
        one, two = (_verdict(way.witness for way in ways) for ways in (ends, falls))
        verdict = one if one is two else Verdict.UNCERTAIN
        yield Proof(key, said, verdict, _shown([*ends, *falls]))

    def _order(self) -> Proof:
        said = "no permit decides a flow that a later deny of names is there for"
        denies = [rule for rule in self._subject.ruleset.rules if rule.web_groups and not rule.action.permits]
        key = "named-denies-first"
        if not denies:
            return Proof(key, said, Verdict.SKIPPED, why="no rule denies by name")
        found = self._analysis.permits_ahead(denies)
        shown = tuple((f"{one.permit.name} before {one.deny.name}", str(one.witness)) for one in found)
        return Proof(key, said, _verdict(one.witness for one in found), shown)

    def _resolvers(self) -> Proof:
        said = "no DNS resolver but the place's own is reachable on port 53, and none on port 853 outside approved private networks"
        ways = self._analysis.ways_into(self._bits["dns-udp"], self._bits["resolvers"])
        ways += self._analysis.ways_into(self._bits["dns-tcp"], self._bits["resolvers"])
        ways += self._analysis.ways_into(self._bits["dns-over-tls"], self._bits["own"])
        return Proof("external-dns-out-of-reach", said, _verdict(way.witness for way in ways), _shown(ways))

    def _only_named_tls(self) -> Proof:
        said = "to public addresses nothing goes but TLS that names its server"
        return self._closed("only-named-tls-to-the-internet", said, 0, self._bits["private"] | self._bits["named"])

    def _only_approved(self) -> Proof:
        count = len(self._subject.approved)
        said = f"every server name an agent can use towards public addresses is one of {count} approved patterns"
        return self._closed("only-approved-names", said, self._bits["named"], self._bits["private"] | self._bits["approved"])

    def _neighbours(self) -> Proof:
        said = "no private address is reachable but the place's own and those approved"
        return self._closed("neighbours-out-of-reach", said, self._bits["private"], self._bits["own"])

    def _nothing_dead(self) -> Proof:
        said = "every rule decides some flow, or only repeats what watched rules before it would do"
        shown = []
        for dead in self._analysis.dead_rules():
            if self._repeats_watched(dead.rule):
                continue
            kind = "shadowed" if dead.is_shadowed else "redundant"
            shown.append((dead.rule.name, f"{kind}; covered by {', '.join(rule.name for rule in dead.covering) or 'its own emptiness'}"))
        return Proof("no-dead-rule", said, Verdict.BROKEN if shown else Verdict.PROVED, tuple(shown))

    def _repeats_watched(self, rule: Rule) -> bool:
        """Tell whether watched rules alone match all a rule matches, and it decides some of it where they are passed over."""
        view, find = self._analysis.view, self._analysis.table.find
        before = [one for one in self._subject.ruleset.rules[: view.numbers[rule.name]] if not one.disabled]
        watched, applied = (sum(view.bit(one) for one in before if one.watch is watch) for watch in (True, False))
        return find(view.bit(rule), watched) is None and find(view.bit(rule), applied) is not None

    def _default(self) -> Proof:
        said = "what no rule matches is denied"
        ways = [way for way in self._analysis.ways_into() if way.rule is None]
        return Proof("default-deny", said, Verdict.BROKEN if ways else Verdict.PROVED, _shown(ways))

    def _closed(self, key: str, said: str, need: int, avoid: int) -> Proof:
        ways = self._analysis.ways_into(need, avoid)
        return Proof(key, said, _verdict(way.witness for way in ways), _shown(ways))


_NAMED: Final = frozenset({Claim.TLS_NAMED, Claim.HTTP_NAMED})


def _box(networks: Iterable[Network]) -> Box | None:
    selectors = tuple(CidrSelector(network) for network in networks)
    return Box((EVERYWHERE,), (SmartGroup("asked about", selectors),)) if selectors else None


def _web(patterns: tuple[DomainPattern, ...]) -> tuple[WebGroup, ...]:
    return (WebGroup("asked about", patterns),) if patterns else ()


def _shown(ways: Iterable[Reached]) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((way.rule.name if way.rule else "default action", str(way.witness)) for way in ways))


def _verdict(witnesses: Iterable[Witness]) -> Verdict:
    """A witness that hangs on something not known breaks nothing for certain."""
    found = list(witnesses)
    if not found:
        return Verdict.PROVED
    return Verdict.BROKEN if any(not one.given and one.apex is None for one in found) else Verdict.UNCERTAIN
