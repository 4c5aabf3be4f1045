"""The statements that every stack is held against (`prove`), each verdict compared with what enumeration says of every flow."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

from containment.addresses.port_range import PortRange
from containment.analysis.proofs import Proof, ProofStatus, run_proofs, update_proofs
from containment.analysis.subject import Subject
from containment.names import RFC1918, Action, PolicyMode, Protocol
from containment.patterns.domain import DomainPattern
from containment.policy.rules import CidrSelector, Network, Rule, RuleSet, SmartGroup, WebGroup
from tests.proofs.compare import Case
from tests.proofs.exhaustive import NAMES, Universe, decided
from tests.proofs.generate import NETWORKS, PATTERNS

NAMED = tuple(map(DomainPattern, ("a*", "b*", "x*")))
"""Every name that is listed, and no flow without one."""

Cell = tuple[int, bool, int]
"""Rules that match, whether the name is forged, and how it comes about (`Universe.cells`)."""


def stated(case: Case, rng: random.Random) -> None:
    """Raise AssertionError where a verdict is not that of every flow, or is not when one name more was said of what was proved."""
    subject = _subject(case, rng)
    before = run_proofs(subject)
    assert not before.kept
    _compare(subject, before.proofs)
    for _ in range(3):
        name = rng.choice(NAMES)
        groups = [key for key, group in subject.ruleset.web_groups.items() if DomainPattern(name) not in group.patterns]
        if not groups or DomainPattern(name) in subject.approved:
            continue
        after = _with_name(subject, rng.sample(groups, rng.randint(1, len(groups))), DomainPattern(name), approved=rng.random() < 0.5)
        again = update_proofs(before, after)
        assert again.kept == (name not in before.questions.analysis.table.examples)
        _compare(after, again.proofs)
        anew = run_proofs(after).proofs
        assert [[rule for rule, _ in proof.shown] for proof in again.proofs] == [[rule for rule, _ in proof.shown] for proof in anew]
    other = replace(subject, own=())
    assert update_proofs(before, other).subject is other
    assert not update_proofs(before, other).kept


def _with_name(subject: Subject, groups: Sequence[str], name: DomainPattern, *, approved: bool) -> Subject:
    old = subject.ruleset
    web = {key: replace(group, patterns=(*group.patterns, name)) if key in groups else group for key, group in old.web_groups.items()}
    ruleset = RuleSet(old.rules, old.smart_groups, web, old.default_action)
    return replace(subject, ruleset=ruleset, approved=(*subject.approved, name) if approved else subject.approved)


def _compare(subject: Subject, proofs: Sequence[Proof]) -> None:
    extra, size = _questions(subject), len(subject.ruleset.rules)
    listed = Universe(subject.ruleset, extra=extra, sources=[(one.networks, one.tags) for one in subject.agents]).cells()
    bits = {rule.name: 1 << size + place for place, (_, rule) in enumerate(extra)}
    cells = [(held, forged, how) for (held, forged), how in listed.items()]
    found = {proof.id: proof for proof in proofs}
    assert {key: proof.verdict for key, proof in found.items()} == dict(_expected(subject, cells, bits))
    assert all(map(_is_told, proofs))
    places = {rule.name: place for place, rule in enumerate(subject.ruleset.rules)}
    for rule, said in found["no-dead-rule"].shown:
        matches = any(held >> places[rule] & 1 for held, _, _ in cells)
        assert matches == any(other in said for other in places)


def _is_told(proof: Proof) -> bool:
    """A verdict against says by which rule and flow, one that was not asked why, one in favour nothing."""
    if proof.verdict is ProofStatus.SKIPPED:
        return bool(proof.why) and not proof.shown
    return bool(proof.shown) == (proof.verdict is not ProofStatus.PROVED) and not proof.why


def _subject(case: Case, rng: random.Random) -> Subject:
    names = [DomainPattern(text) for text in PATTERNS if text != "*"]
    networks: list[Network] = [ip_network(text) for text in NETWORKS if "/0" not in text]
    return Subject(
        "generated",
        _near_dns(case.ruleset, rng),
        case.sources,
        rng.choice([None, *PolicyMode]),
        tuple(sorted(rng.sample(names, rng.choice([0, 1, 2])))),
        tuple(sorted(rng.sample(names, rng.choice([0, 1, 3])))),
        tuple(rng.sample(networks, rng.choice([0, 1, 2]))),
        tuple(rng.sample(networks, rng.choice([0, 1]))),
    )


def _near_dns(ruleset: RuleSet, rng: random.Random) -> RuleSet:
    """Return the policy with some rules moved to DNS's ports, or right beside them."""
    near = [(PortRange(low, high),) for low, high in ((53, 53), (54, 54), (52, 52), (853, 853), (854, 854), (852, 852), (52, 53))]
    if rng.random() < 0.2:
        alone = Rule("alone", 0, Action.PERMIT, ("anywhere",), ("anywhere",), rng.choice([Protocol.TCP, Protocol.UDP]), rng.choice(near))
        return RuleSet((alone,), ruleset.smart_groups, ruleset.web_groups)
    moved = [rule.ports and not rule.web_groups and rng.random() < 0.4 for rule in ruleset.rules]
    rules = tuple(replace(rule, ports=rng.choice(near)) if move else rule for rule, move in zip(ruleset.rules, moved, strict=True))
    return RuleSet(rules, ruleset.smart_groups, ruleset.web_groups, ruleset.default_action)


def _questions(subject: Subject) -> list[tuple[RuleSet, Rule]]:
    """Return the sets that statements are about as rules: one that matches what is in the set."""
    everywhere = SmartGroup("all", (CidrSelector(ip_network("0.0.0.0/0")), CidrSelector(ip_network("::/0"))))
    sets = {"private": RFC1918, "own": (*subject.own, *subject.resolvers), "resolvers": subject.resolvers}
    smart = {"all": everywhere} | {key: SmartGroup(key, tuple(map(CidrSelector, held))) for key, held in sets.items() if held}
    named = {"denied": subject.denied, "approved": subject.approved, "named": NAMED}
    web = {key: WebGroup(key, held) for key, held in named.items() if held}
    every, dns, over_tls = (PortRange(0, 65535),), (PortRange(53, 53),), (PortRange(853, 853),)
    rules = [Rule(key, 0, Action.DENY, ("all",), (key,), Protocol.ANY) for key in smart if key != "all"]
    rules += [Rule(key, 0, Action.DENY, ("all",), ("all",), Protocol.TCP, every, (key,), tls_required=key != "denied") for key in web]
    rules += [Rule(f"dns-{kind.value.lower()}", 0, Action.DENY, ("all",), ("all",), kind, dns) for kind in (Protocol.UDP, Protocol.TCP)]
    rules.append(Rule("dns-over-tls", 0, Action.DENY, ("all",), ("all",), Protocol.ANY, over_tls))
    ordered = tuple(replace(rule, priority=place) for place, rule in enumerate(rules))
    asked = RuleSet(ordered, smart, web)
    return [(asked, rule) for rule in ordered]


def _expected(subject: Subject, cells: list[Cell], bits: dict[str, int]) -> Iterator[tuple[str, ProofStatus]]:
    ruleset = subject.ruleset

    def within(*needed: str, outside: tuple[str, ...] = (), watched: str = "APPLIED") -> ProofStatus:
        """Return the verdict that no flow in all sets and outside others is let through."""
        if any(name not in bits for name in needed):
            return ProofStatus.PROVED  # a set that holds nothing
        need, avoid = (sum(bits.get(name, 0) for name in names) for names in (needed, outside))

        def through(held: int, forged: bool) -> object:
            name, permits = decided(ruleset, held, forged, watched)
            return (name or "default action") if permits and held & need == need and not held & avoid else None

        return _verdict(cells, through)

    if subject.denied:
        yield "shadow-models-out-of-reach", within("denied", outside=("own",))
    else:
        yield "shadow-models-out-of-reach", ProofStatus.SKIPPED
    patterns = {
        place: {one for group in rule.web_groups for one in ruleset.web_groups[group].patterns}
        for place, rule in enumerate(ruleset.rules)
        if rule.web_groups and not (rule.action.permits or rule.watch or rule.disabled)
    }
    if subject.denied and subject.mode is not PolicyMode.MONITOR:
        ends, falls = (within("denied", outside=("own",), watched=watched) for watched in ("ENDS", "FALLS"))
        yield "enforced-today", ends if ends is falls else ProofStatus.UNCERTAIN
    elif subject.denied and set(subject.denied) <= set().union(*patterns.values()):
        sets = {f"rule {place}": 1 << place for place, names in patterns.items() if names & set(subject.denied)}
        bits.update(sets)
        order = (ProofStatus.BROKEN, ProofStatus.UNCERTAIN, ProofStatus.PROVED)
        found = [{within(one, watched=watched) for one in sets} for watched in ("ENDS", "FALLS")]
        ends, falls = (next(one for one in order if one in each) for each in found)
        yield "enforced-today", ends if ends is falls else ProofStatus.UNCERTAIN
    else:
        yield "enforced-today", ProofStatus.SKIPPED
    yield "named-denies-first", _order(ruleset, cells)
    resolvers = {within(kind, outside=("resolvers",)) for kind in ("dns-udp", "dns-tcp")} | {within("dns-over-tls", outside=("own",))}
    yield (
        "external-dns-out-of-reach",
        next(one for one in (ProofStatus.BROKEN, ProofStatus.UNCERTAIN, ProofStatus.PROVED) if one in resolvers),
    )
    yield "only-named-tls-to-the-internet", within(outside=("private", "named"))
    yield "only-approved-names", within("named", outside=("private", "approved"))
    yield "neighbours-out-of-reach", within("private", outside=("own",))
    yield "no-dead-rule", _dead(ruleset, cells)
    reaches = any(decided(ruleset, held, forged, "APPLIED") == (None, True) for held, forged, _ in cells)
    yield "default-deny", ProofStatus.BROKEN if reaches else ProofStatus.PROVED
    opened = [rule.action for rule in ruleset.rules if rule.decrypts and rule.action is not Action.DENY and not rule.disabled]
    if opened:
        yield "decrypted-flows-are-inspected", ProofStatus.BROKEN if Action.PERMIT in opened else ProofStatus.PROVED


def _verdict(cells: list[Cell], shows: Callable[[int, bool], object]) -> ProofStatus:
    """Return BROKEN where something is shown in both readings with no unknown taken to hold, UNCERTAIN where it hangs on one."""
    told: dict[object, int] = {}
    for held, forged, how in cells:
        if (key := shows(held, forged)) is not None:
            told[key] = told.get(key, 0) | how
    if not told:
        return ProofStatus.PROVED
    return ProofStatus.BROKEN if any(how == 15 for how in told.values()) else ProofStatus.UNCERTAIN


def _order(ruleset: RuleSet, cells: list[Cell]) -> ProofStatus:
    denies = [(1 << place, place, rule.name) for place, rule in enumerate(ruleset.rules) if rule.web_groups and not rule.action.permits]
    if not denies:
        return ProofStatus.SKIPPED
    places = {rule.name: place for place, rule in enumerate(ruleset.rules)}
    verdicts = set()
    for bit, place, name in denies:
        if ruleset.by_name[name].disabled:
            continue

        def ahead(held: int, forged: bool, bit: int = bit, place: int = place) -> object:
            rule, permits = decided(ruleset, held, forged, "APPLIED")
            return rule if permits and rule is not None and held & bit and places[rule] < place else None

        verdicts.add(_verdict(cells, ahead))
    return next((one for one in (ProofStatus.BROKEN, ProofStatus.UNCERTAIN) if one in verdicts), ProofStatus.PROVED)


def _dead(ruleset: RuleSet, cells: list[Cell]) -> ProofStatus:
    """Return BROKEN where a rule never decides, unless watched rules match all it matches, and others do not."""
    deciding = {decided(ruleset, held, forged, "APPLIED")[0] for held, forged, _ in cells}
    for place, rule in enumerate(ruleset.rules):
        if rule.disabled or rule.name in deciding:
            continue
        matched = [held for held, _, _ in cells if held >> place & 1]
        before = [(1 << index, one.watch) for index, one in enumerate(ruleset.rules[:place]) if not one.disabled]
        watched, applied = (sum(bit for bit, watch in before if watch is which) for which in (True, False))
        if any(not held & watched for held in matched) or all(held & applied for held in matched):
            return ProofStatus.BROKEN
    return ProofStatus.PROVED
