"""The `diff` command: flows that two policies decide differently, newly allowed ones first, with owner, risk and witness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from containment.analysis.alignment import make_comparable
from containment.analysis.classes.view import WatchReading
from containment.analysis.difference import Change, Difference, find_differences
from containment.analysis.subject import Fact, Subject
from containment.exit_code import Exit
from containment.policy.rules import Rule, RuleSet
from containment.preflight.finding import Status
from containment.queries.comparison.layer_changes import (
    LayerChange,
    build_change_case,
    build_change_data,
    build_change_sections,
    describe_first,
    find_layer_changes,
    has_opened,
)
from containment.queries.results import Answer, Case, Section

_Row = tuple[str, ...]
"""Change, stack, rules, names, owner, risk, witness."""

_STATUS = {Change.NEWLY_ALLOWED: Status.FAIL, Change.NEWLY_DENIED: Status.PASS, Change.RELABELLED: Status.PASS}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two policies to compare; `before` or `after` is None if it does not exist.

    `refused` lists the reasons why the presets of `after` are invalid.
    """

    title: str
    before: Subject | None
    after: Subject | None
    refused: tuple[str, ...] = ()


def compare_policies(pairs: Sequence[Pair], before: str, after: str) -> Answer:
    """Return the changes of all pairs; `before` and `after` are the names of the two sides in the output."""
    cases: list[Case] = []
    rows: list[_Row] = []
    changed: list[tuple[str, Difference]] = []
    only: list[str] = []
    inside: list[LayerChange] = []
    data = []
    for pair in pairs:
        if pair.before is None or pair.after is None:
            only.append(f"{pair.title} is only in {after if pair.before is None else before}")
            continue
        inside += find_layer_changes(pair.title, pair.before, pair.after)
        found = _drop_relabelled(_find_differences(pair.before, pair.after))
        changed += [(pair.title, one) for one in found]
        for one in found:
            names = tuple(_find_names(pair, one))
            told = (_join_names(names), _join_owners(names), _join_risks(names))
            rows.append((one.change.value, pair.title, " → ".join(one.names), *told, str(one.witness)))
            title = f"{one.change.value}: {told[0] or one.names[1]}"
            key = one.change.name.lower().replace("_", "-")
            cases.append(Case(key, title, _STATUS[one.change], f"{pair.title}: {one.names[1]}", str(one.witness)))
            data.append(_build_data(pair, one, names))
    opened = [row for row in rows if row[0] == Change.NEWLY_ALLOWED.value]
    refused = [f"{pair.title}: {text}" for pair in pairs for text in pair.refused]
    whose = {text: [pair.title for pair in pairs if text in pair.refused] for pair in pairs for text in pair.refused}
    sections = []
    for change in Change:
        some = tuple(dict.fromkeys(row[1:] for row in rows if row[0] == change.value))
        if some:
            sections.append(Section(change.value.upper(), ("stack", "rule", "names", "owner", "risk", "witness"), some))
    sections += build_change_sections(inside)
    cases += [build_change_case(one) for one in inside if one.widening is not None]
    if only:
        sections.append(Section("Not compared", ("why",), tuple((text,) for text in only)))
    if refused:
        reasons = tuple((text, ", ".join(stacks)) for text, stacks in whose.items())
        sections.append(Section("The presets after the change are refused", ("why", "stacks"), reasons))
    return Answer(
        verb="diff",
        headline=_format_headline([one for _, one in changed], opened, pairs, before, after, only, inside),
        exit=Exit.NEWLY_ALLOWED if opened or has_opened(inside) or any(pair.before is None for pair in pairs) else Exit.OK,
        sections=tuple(sections),
        cases=tuple(cases),
        assumptions=tuple(dict.fromkeys(text for pair in pairs for side in (pair.before, pair.after) if side for text in side.assumptions)),
        data={
            "before": before,
            "after": after,
            "changes": data,
            "refused": refused,
            "onlyOnOneSide": only,
            "layers": build_change_data(inside),
        },
        sections_tell=True,
    )


def _drop_relabelled(found: Sequence[Difference]) -> list[Difference]:
    """Drop relabelled flows between two rules for which another kind of change is reported already."""
    told = {one.names for one in found if one.change is not Change.RELABELLED}
    return [one for one in found if one.change is not Change.RELABELLED or one.names not in told]


def _find_differences(before: Subject, after: Subject) -> list[Difference]:
    before, after = make_comparable(before, after)
    agents = tuple({repr(agent): agent for agent in (*before.agents, *after.agents)}.values())
    found = find_differences(before.ruleset, after.ruleset, agents)
    if before.mode is after.mode:
        return found
    # A mode changes what is applied and not the rules: flows delivered today differ by design, and are reported as well.
    today = find_differences(before.ruleset, after.ruleset, agents, WatchReading.ENDS)
    known = {(one.change, one.names) for one in found}
    return [*found, *(one for one in today if one.change is not Change.RELABELLED and (one.change, one.names) not in known)]


def _format_headline(
    changed: Sequence[Difference],
    opened: Sequence[_Row],
    pairs: Sequence[Pair],
    before: str,
    after: str,
    only: Sequence[str],
    inside: Sequence[LayerChange],
) -> str:
    compared = sum(pair.before is not None and pair.after is not None for pair in pairs)
    what = pairs[0].title if len(pairs) == 1 else f"{compared} policies"
    if opened:
        where = f"{what}, {before} → {after}: {len(opened)} newly allowed sets of flows"
        return f"NEWLY ALLOWED: {_describe_loudest(opened)}; {where}; exit code {int(Exit.NEWLY_ALLOWED)}"
    if has_opened(inside):
        return f"NEWLY ALLOWED inside the host: {describe_first(inside)}; {what}, {before} → {after}; exit code {int(Exit.NEWLY_ALLOWED)}"
    if any(pair.before is None for pair in pairs):
        return f"NEWLY ALLOWED: {before} → {after}: {'; '.join(only)}; exit code {int(Exit.NEWLY_ALLOWED)}"
    if changed:
        kinds = ", ".join(
            f"{sum(one.change is kind for one in changed)} {kind.value}" for kind in Change if kind is not Change.NEWLY_ALLOWED
        )
        return f"Nothing newly allowed: {what}, {before} → {after}: {kinds}"
    left = f" ({'; '.join(only)})" if only else ""
    if any(one.widening is not None for one in inside):
        less = "every flow has the same outcome, and less is permitted inside the host"
        return f"Nothing newly allowed: {what}, {before} → {after}: {less}{left}"
    return f"Equal: {what}, {before} → {after}: every flow has the same outcome, proved{left}"


def _describe_loudest(opened: Sequence[_Row]) -> str:
    """Describe the newly allowed flows with the longest list of risks in one line: names, rule, owner, risk and a witness."""
    _, _, rule, names, owner, risk, witness = max(opened, key=lambda row: (len(row[5]), row[3]))
    return f"{names or 'flows without a name'} by {rule.rpartition(' → ')[2]} (owner: {owner or '-'}; risk: {risk}), e.g. {witness}"


@dataclass(frozen=True, slots=True)
class _Name:
    """A pattern that caused a change, with its facts in the catalog, if any, and its owner."""

    text: str
    fact: Fact | None
    owner: str | None


def _find_names(pair: Pair, one: Difference) -> Iterable[_Name]:
    """Yield the patterns that caused a change: those of the deciding rule that the other policy's rule lacks."""
    opened = one.change is not Change.NEWLY_DENIED
    subject, rule, other = (pair.after, one.after, pair.before) if opened else (pair.before, one.before, pair.after)
    if subject is None or other is None or rule is None:
        return
    had = _get_patterns(other.ruleset, other.ruleset.by_name.get(rule.name))
    owners = {approval.name: approval.owner for approval in subject.approvals}
    for text in _get_patterns(subject.ruleset, rule):
        if text not in had:
            host = text.split("/", 1)[0]
            fact = subject.facts.get(host)
            yield _Name(text, fact, owners.get(host) or (fact.owner if fact else None))


def _get_patterns(ruleset: RuleSet, rule: Rule | None) -> list[str]:
    return [text for name in rule.web_groups for text in ruleset.web_groups[name].expressions] if rule else []


def _join_names(names: Iterable[_Name]) -> str:
    return ", ".join(one.text for one in names)


def _join_owners(names: Iterable[_Name]) -> str:
    return ", ".join(dict.fromkeys(one.owner or "none: not in the catalog" for one in names))


def _join_risks(names: Iterable[_Name]) -> str:
    told = []
    for one in names:
        if _is_wide(one.text):
            told.append("covers a whole top-level domain, where anyone can register a host that accepts uploads")
        told += one.fact.risks if one.fact else ["not in the catalog, so not reviewed"]
    return ", ".join(dict.fromkeys(told)) or ("none flagged" if names else "-")


def _is_wide(text: str) -> bool:
    return "*" in text and "." not in text.rpartition("*")[2].lstrip(".")


def _build_data(pair: Pair, one: Difference, names: Sequence[_Name]) -> dict[str, object]:
    return {
        "stack": pair.title,
        "change": one.change.value,
        "before": one.names[0],
        "after": one.names[1],
        "names": [
            {
                "pattern": name.text,
                "owner": name.owner,
                "uploads": name.fact.uploads if name.fact else None,
                "origin": name.fact.origin if name.fact else None,
            }
            for name in names
        ],
        "witness": str(one.witness),
        "onlyIf": list(one.witness.given),
    }
