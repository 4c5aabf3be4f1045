"""`diff`: what two policies decide differently, with owner, upload risk and witnesses; newly allowed comes first and loud."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from containment.model.reach.aligned import aligned
from containment.model.reach.difference import Change, Difference, differences
from containment.model.reach.subject import Fact, Subject
from containment.model.reach.view import Watched
from containment.model.ruleset import Rule, RuleSet
from containment.verify.answers import Answer, Case, Exit, Section, Status

_Row = tuple[str, ...]
"""Change, stack, rules, names, owner, risk, witness."""

_STATUS = {Change.NEWLY_ALLOWED: Status.FAILED, Change.NEWLY_DENIED: Status.PASSED, Change.RELABELLED: Status.PASSED}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two policies to compare: `before` or `after` None when there is none; `refused` says what the presets would refuse after."""

    title: str
    before: Subject | None
    after: Subject | None
    refused: tuple[str, ...] = ()


def diff(pairs: Sequence[Pair], before: str, after: str) -> Answer:
    """Return what changed over all pairs."""
    cases: list[Case] = []
    rows: list[_Row] = []
    changed: list[tuple[str, Difference]] = []
    only: list[str] = []
    data = []
    for pair in pairs:
        if pair.before is None or pair.after is None:
            only.append(f"{pair.title} is only in {after if pair.before is None else before}")
            continue
        found = _told_once(_differences(pair.before, pair.after))
        changed += [(pair.title, one) for one in found]
        for one in found:
            names = tuple(_names(pair, one))
            rows.append(
                (one.change.value, pair.title, " → ".join(one.names), _which(names), _owners(names), _risks(names), str(one.witness))
            )
            title = f"{one.change.value}: {_which(names) or one.names[1]}"
            key = one.change.name.lower().replace("_", "-")
            cases.append(Case(key, title, _STATUS[one.change], f"{pair.title}: {one.names[1]}", str(one.witness)))
            data.append(_data(pair, one, names))
    opened = [row for row in rows if row[0] == Change.NEWLY_ALLOWED.value]
    refused = [f"{pair.title}: {text}" for pair in pairs for text in pair.refused]
    whose = {text: [pair.title for pair in pairs if text in pair.refused] for pair in pairs for text in pair.refused}
    sections = []
    for change in Change:
        some = tuple(dict.fromkeys(row[1:] for row in rows if row[0] == change.value))
        if some:
            sections.append(Section(change.value.upper(), ("stack", "rule", "names", "owner", "risk", "witness"), some))
    if only:
        sections.append(Section("Not compared", ("why",), tuple((text,) for text in only)))
    if refused:
        told = tuple((text, ", ".join(stacks)) for text, stacks in whose.items())
        sections.append(Section("The presets after the change are refused", ("why", "stacks"), told))
    return Answer(
        "diff",
        _headline([one for _, one in changed], opened, pairs, before, after, only),
        Exit.NEWLY_ALLOWED if opened or any(pair.before is None for pair in pairs) else Exit.OK,
        tuple(sections),
        tuple(cases),
        tuple(dict.fromkeys(text for pair in pairs for side in (pair.before, pair.after) if side for text in side.assumptions)),
        {"before": before, "after": after, "changes": data, "refused": refused, "onlyOnOneSide": only},
        sections_tell=True,
    )


def _told_once(found: Sequence[Difference]) -> list[Difference]:
    """Leave out that flows are decided by another rule where the same two rules already tell of a change."""
    told = {one.names for one in found if one.change is not Change.RELABELLED}
    return [one for one in found if one.change is not Change.RELABELLED or one.names not in told]


def _differences(before: Subject, after: Subject) -> list[Difference]:
    before, after = aligned(before, after)
    agents = tuple({repr(agent): agent for agent in (*before.agents, *after.agents)}.values())
    found = differences(before.ruleset, after.ruleset, agents)
    if before.mode is after.mode:
        return found
    # A mode decides what is applied, not what is said: what is let through today differs by design and is told too.
    today = differences(before.ruleset, after.ruleset, agents, Watched.ENDS)
    known = {(one.change, one.names) for one in found}
    return [*found, *(one for one in today if one.change is not Change.RELABELLED and (one.change, one.names) not in known)]


def _headline(
    changed: Sequence[Difference], opened: Sequence[_Row], pairs: Sequence[Pair], before: str, after: str, only: Sequence[str]
) -> str:
    compared = sum(pair.before is not None and pair.after is not None for pair in pairs)
    what = pairs[0].title if len(pairs) == 1 else f"{compared} policies"
    if opened:
        where = f"{what}, {before} → {after}: {len(opened)} ways out that were closed"
        return f"NEWLY ALLOWED: {_loudest(opened)}; {where}; exit code {int(Exit.NEWLY_ALLOWED)}"
    if any(pair.before is None for pair in pairs):
        return f"NEWLY ALLOWED: {before} → {after}: {'; '.join(only)}; exit code {int(Exit.NEWLY_ALLOWED)}"
    if changed:
        kinds = ", ".join(
            f"{sum(one.change is kind for one in changed)} {kind.value}" for kind in Change if kind is not Change.NEWLY_ALLOWED
        )
        return f"Nothing newly allowed: {what}, {before} → {after}: {kinds}"
    left = f" ({'; '.join(only)})" if only else ""
    return f"Equal: {what}, {before} → {after}: every flow has the same outcome, proved{left}"


def _loudest(opened: Sequence[_Row]) -> str:
    """Say the way out with the most against it, for who reads one line: names, rule, owner, risk, a witness."""
    _, _, rule, names, owner, risk, witness = max(opened, key=lambda row: (len(row[5]), row[3]))
    return f"{names or 'what needs no name'} by {rule.rpartition(' → ')[2]} (owner: {owner or '-'}; risk: {risk}), e.g. {witness}"


Named = tuple[str, Fact | None]


def _names(pair: Pair, one: Difference) -> Iterable[Named]:
    """Yield the patterns by which a change came about: those of the deciding rule that the other policy's rule has not."""
    opened = one.change is not Change.NEWLY_DENIED
    subject, rule, other = (pair.after, one.after, pair.before) if opened else (pair.before, one.before, pair.after)
    if subject is None or other is None or rule is None:
        return
    had = _patterns(other.ruleset, other.ruleset.by_name.get(rule.name))
    for text in _patterns(subject.ruleset, rule):
        if text not in had:
            yield text, subject.facts.get(text.split("/", 1)[0])


def _patterns(ruleset: RuleSet, rule: Rule | None) -> list[str]:
    return [text for name in rule.web_groups for text in ruleset.web_groups[name].expressions] if rule else []


def _which(names: Iterable[Named]) -> str:
    return ", ".join(text for text, _ in names)


def _owners(names: Iterable[Named]) -> str:
    return ", ".join(dict.fromkeys(fact.owner if fact else "nobody: not in the catalog" for _, fact in names))


def _risks(names: Iterable[Named]) -> str:
    told = [
        risk
        for text, fact in names
        for risk in (
            (
                *(("covers a whole top-level domain, where anybody can register a host that takes uploads",) if _is_wide(text) else ()),
                *(fact.risks if fact else ("not reviewed",)),
            )
        )
    ]
    return ", ".join(dict.fromkeys(told)) or ("none flagged" if names else "-")


def _is_wide(text: str) -> bool:
    return "*" in text and "." not in text.rpartition("*")[2].lstrip(".")


def _data(pair: Pair, one: Difference, names: Sequence[Named]) -> dict[str, object]:
    return {
        "stack": pair.title,
        "change": one.change.value,
        "before": one.names[0],
        "after": one.names[1],
        "names": [
            {
                "pattern": text,
                "owner": fact.owner if fact else None,
                "uploads": fact.uploads if fact else None,
                "origin": fact.origin if fact else None,
            }
            for text, fact in names
        ],
        "witness": str(one.witness),
        "onlyIf": list(one.witness.given),
    }
