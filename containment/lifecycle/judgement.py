"""Judge whether a stack may be enforced, and return every reason against it at once.

Rules kept here:
- a would-be-denied destination that is neither promoted (today's policy permits it) nor dismissed is a reason against;
- the window has at least the days and sessions of `Limits`, and no gap;
- the evidence shows what would be denied: data that were not tested or not read do not count as permitted;
- the evidence is of this stack, and of today's policy or an earlier one that only promotions have widened since.

Only the digest of the observed policy is known. If only promotions widened the policy since, removing the permits of the promoted
destinations (a pattern that permits one, or a whole rule that permits one by address) gives a policy with that digest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.errors import Problem
from containment.names import HTTPS_PORT, Protocol
from containment.observe.evidence import WOULD_BE_DENIED, AddressWithoutName, Evidence, WouldBeDenied
from containment.observe.log_facts import parse_address
from containment.observe.reading.source_kinds import POLICY_SOURCES, UNREADABLE_FILE
from containment.policy.first_match import decide
from containment.policy.flow import Application, Decision, Flow, PolicyVerdict, UnresolvedAddress
from containment.policy.invariants import find_agent_sources
from containment.policy.rules import RuleSet
from containment.record.digests import digest_ruleset
from containment.ternary import Ternary


@dataclass(frozen=True, slots=True)
class PermittedName:
    """A destination of the evidence that the policy permits, with the rules that permit it."""

    name: str
    rules: frozenset[str]


def find_permitted(spec: ContainmentSpec, ruleset: RuleSet, evidence: Evidence) -> dict[str, PermittedName]:
    """Return the would-be-denied destinations that a policy permits from every agent source, by name."""
    found = dict[str, PermittedName]()
    for name in dict.fromkeys(one.name for one in evidence.would_be_denied):
        flows = list(_generate_flows(spec, name, evidence.address_without_name))
        decisions = [decide(ruleset, flow) for flow in flows]
        if decisions and all(_is_permit(one) for one in decisions):
            found[name] = PermittedName(name, frozenset(one.rule for one in decisions if one.rule))
    return found


def remove_promoted(ruleset: RuleSet, permitted: Iterable[PermittedName]) -> RuleSet:
    """Return a policy without the permits of some destinations; a rule and a group that are left empty are removed."""
    listed = list(permitted)
    names = [one.name for one in listed if parse_address(one.name) is None]
    by_address = {rule for one in listed if parse_address(one.name) is not None for rule in one.rules}
    permits = {group for rule in ruleset.rules if rule.action.permits for group in rule.web_groups}
    groups = {}
    for key, group in ruleset.web_groups.items():
        patterns = group.patterns
        if key in permits:
            patterns = tuple(one for one in patterns if not any(one.matches(name) is Ternary.YES for name in names))
        if patterns or group.urls or group.unsure:
            groups[key] = replace(group, patterns=patterns)
    rules = tuple(rule for rule in ruleset.rules if rule.name not in by_address and all(group in groups for group in rule.web_groups))
    return replace(ruleset, rules=rules, web_groups=groups)


def _generate_flows(spec: ContainmentSpec, name: str, addresses: Sequence[AddressWithoutName]) -> Iterable[Flow]:
    """Yield the flows to a destination, from every kind of agent source; none where the evidence leaves port or protocol open."""
    address = parse_address(name)
    for source in find_agent_sources(spec):
        if address is None:
            yield Flow(source, UnresolvedAddress.PUBLIC, Protocol.TCP, HTTPS_PORT, Application.TLS, name)
            continue
        for seen in addresses:
            if seen.address == name and seen.protocol.upper() in list(Protocol):
                protocol = Protocol(seen.protocol.upper())
                if seen.port is not None or protocol is Protocol.ICMP:
                    yield Flow(source, address, protocol, seen.port, Application.OTHER)


def _is_permit(decision: Decision) -> bool:
    return decision.verdict is PolicyVerdict.PERMIT


MIN_DAYS: Final = 7
"""Days with traffic: a week contains what runs once a week."""

MIN_SESSIONS: Final = 20
"""Sessions in the window."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The shortest window that counts (days with traffic, and sessions), and the decisions of the policy that may be unreadable."""

    days: int = MIN_DAYS
    sessions: int = MIN_SESSIONS
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The reasons against enforcing, the destinations settled by promotion and dismissal, and notes that are no reason."""

    reasons: tuple[Problem, ...]
    promoted: tuple[str, ...]
    dismissed: tuple[str, ...]
    open: tuple[str, ...]
    notes: tuple[str, ...]


def judge_evidence(
    spec: ContainmentSpec,
    ruleset: RuleSet,
    evidence: Evidence,
    *,
    file: str,
    dismissed: Collection[str],
    limits: Limits,
    now: datetime,
) -> Judgement:
    """Return whether a stack in monitor may be enforced.

    Args:
        spec: the stack.
        ruleset: its policy as built today, in monitor.
        evidence: what was observed.
        file: the evidence file, for the reasons.
        dismissed: names that were decided to stay denied.
        limits: the shortest window that counts.
        now: the present moment.
    """
    permitted = find_permitted(spec, ruleset, evidence)
    names = list(dict.fromkeys(one.name for one in evidence.would_be_denied))
    refused = {one.lower().rstrip(".") for one in dismissed}
    set_aside = [name for name in names if name not in permitted and name.lower().rstrip(".") in refused]
    left = [name for name in names if name not in permitted and name not in set_aside]
    reasons = [
        *_find_wrong_subject(spec, ruleset, evidence, permitted, file),
        *_find_short_window(evidence, limits, file, now),
        *_find_gaps(evidence, file),
        *_find_unanswered(evidence, limits, file),
        *_find_open(spec, [one for one in evidence.would_be_denied if one.name in left], file),
    ]
    promoted = tuple(name for name in names if name in permitted)
    return Judgement(tuple(dict.fromkeys(reasons)), promoted, tuple(set_aside), tuple(left), tuple(_find_notes(evidence)))


def _find_wrong_subject(
    spec: ContainmentSpec, ruleset: RuleSet, evidence: Evidence, permitted: dict[str, PermittedName], file: str
) -> Iterator[Problem]:
    observe = f"run containment observe --stack {spec.stack} --json on its logs"
    if evidence.stack != spec.stack:
        what = "names no stack" if evidence.stack is None else f"is about the stack {evidence.stack}"
        yield Problem(f"{file}:stack", what, f"it shows nothing about the traffic of {spec.stack}", observe)
    if evidence.policy_digest is None:
        yield Problem(f"{file}:policyDigest", "is not set", "the observed policy is unknown", observe)
        return
    known = {digest_ruleset(ruleset), digest_ruleset(remove_promoted(ruleset, permitted.values()))}
    if evidence.policy_digest not in known:
        what = f"is {evidence.policy_digest}, and the policy built today is {digest_ruleset(ruleset)}"
        why = "the policy changed since by more than promotions of observed destinations, so its traffic was not observed"
        yield Problem(f"{file}:policyDigest", what, why, f"apply the policy in monitor, collect logs under it, and {observe}")


def _find_short_window(evidence: Evidence, limits: Limits, file: str, now: datetime) -> Iterator[Problem]:
    window = evidence.window
    why = "destinations that are used rarely would be cut without having been seen"
    spanned = 0 if window.start is None or window.end is None else (window.end.date() - window.start.date()).days + 1
    days = min(window.days, max(spanned, 0))
    if days < limits.days:
        fix = f"observe {limits.days - days} more days, or lower --min-days knowingly"
        yield Problem(f"{file}:window.days", f"covers {days} days, and {limits.days} are needed", why, fix)
    if window.sessions < limits.sessions:
        fix = f"observe {limits.sessions - window.sessions} more sessions, or lower --min-sessions knowingly"
        yield Problem(f"{file}:window.sessions", f"covers {window.sessions} sessions, and {limits.sessions} are needed", why, fix)
    if window.end is not None and window.end > now:
        yield Problem(
            f"{file}:window.end", f"is {window.end.isoformat()}, in the future", "a clock is wrong", "correct the clock, observe again"
        )


def _find_gaps(evidence: Evidence, file: str) -> Iterator[Problem]:
    for place, gap in enumerate(evidence.gaps):
        what = f"is a gap of {gap.seconds} s in {gap.source}, from {gap.start.isoformat()} to {gap.end.isoformat()}"
        why = "traffic in a gap was not seen, and could be cut"
        yield Problem(f"{file}:gaps[{place}]", what, why, f"add the logs of that time, or observe a window after {gap.end.isoformat()}")


def _find_unanswered(evidence: Evidence, limits: Limits, file: str) -> Iterator[Problem]:
    """Yield what the logs leave open about denials: an unanswered question, decisions that could not be read, files that end early."""
    for place, one in enumerate(evidence.not_tested):
        if one.question == WOULD_BE_DENIED:
            what = f"would be denied is NOT TESTED: {one.reason}" + (f" ({one.count} lines)" if one.count else "")
            fix = "observe the gateway's logs with --rules FILE, or where the stack's state can be read"
            yield Problem(f"{file}:notTested[{place}]", what, "what enforce would cut is unknown", fix)
    if cut := evidence.rejected.get(UNREADABLE_FILE, 0):
        what = f"{cut} log files could not be read to their end" if cut > 1 else "a log file could not be read to its end"
        yield Problem(
            f"{file}:rejected.{UNREADABLE_FILE}", what, "the traffic in the rest was not seen", "add the whole files, and observe again"
        )
    lost = sum(evidence.rejected.get(source, 0) for source in POLICY_SOURCES)
    if lost > limits.rejected:
        what = f"{lost} lines with decisions of the policy could not be read, and {limits.rejected} may be"
        fix = "correct them (containment observe --rejects FILE lists them) and observe again, or raise --max-rejected knowingly"
        yield Problem(f"{file}:rejected", what, "each may be of a destination that enforce would cut", fix)


def _find_open(spec: ContainmentSpec, left: list[WouldBeDenied], file: str) -> Iterator[Problem]:
    for name in dict.fromkeys(one.name for one in left):
        seen = [one for one in left if one.name == name]
        agents, rules = (", ".join(sorted(texts)) for texts in ({one.agent for one in seen}, {one.rule for one in seen}))
        flags = sorted({flag.value for one in seen for flag in one.flags})
        what = f"{name} was reached {sum(one.count for one in seen)} times from {agents}, and {rules} would deny it"
        what += f" ({', '.join(flags)})" if flags else ""
        promote = f"containment promote {name} --stack {spec.stack} --owner TEAM --reason TEXT --until DATE"
        fix = f"{promote}, apply it, or dismiss {name}"
        if parse_address(name) is not None:
            fix = f"permit it in approvedInternalApis if it is an internal API, or dismiss {name}"
        yield Problem(f"{file}:wouldBeDenied", what, "enforce would cut it, and that was not decided", fix)


def _find_notes(evidence: Evidence) -> Iterator[str]:
    if rejected := sum(evidence.rejected.values()):
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(evidence.rejected.items()) if count)
        yield f"{rejected} log lines could not be read ({kinds}): what they contain was not judged"
    if blocked := [one.name for one in evidence.dns_only if one.verdict == "DENY"]:
        yield f"names that were only resolved, and will not resolve in enforce: {', '.join(dict.fromkeys(blocked))}"
    if evidence.disagreements:
        yield f"server names that disagree with their address: {', '.join(dict.fromkeys(one.name for one in evidence.disagreements))}"
