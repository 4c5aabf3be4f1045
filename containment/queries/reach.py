"""The `reach` command: everything an agent can reach, and the rules that never decide."""

from __future__ import annotations

from containment.analysis.questions import Analysis
from containment.analysis.reachability import ReachableSet, find_reachable
from containment.analysis.subject import Subject
from containment.exit_code import Exit
from containment.queries.results import Answer, Section

_FEW = 4


def reach(subject: Subject, *, names: bool = False) -> Answer:
    """Return the permitted flows, as if every deny were applied; `names` lists every name instead of the first few."""
    analysis = Analysis(subject.ruleset, subject.agents)
    lines = find_reachable(analysis)
    dead = analysis.find_dead_rules()
    total = len({name for line in lines for name in line.names})
    rows = tuple(_format_row(line, names=names) for line in lines)
    shadowed = tuple(
        (
            one.rule.name,
            "shadowed" if one.is_shadowed else "redundant",
            ", ".join(rule.name for rule in one.covering) or "it matches nothing",
        )
        for one in dead
    )
    sections = [Section("Let through", ("rule", "to", "transport", "names", "less"), rows)]
    if shadowed:
        sections.append(Section("Rules that decide no flow", ("rule", "is", "covered by"), shadowed))
    sure = [line for line in lines if not line.conditional]
    headline = f"{subject.title}: {len(lines)} of {len(subject.ruleset.rules)} rules let something through, {total} names in all"
    if len(sure) < len(lines):
        headline += f"; {len(lines) - len(sure)} of them only under the stated conditions"
    return Answer(
        verb="reach",
        headline=headline if lines else f"{subject.title}: nothing is reachable (proved for every flow)",
        exit=Exit.OK,
        sections=tuple(sections),
        assumptions=subject.assumptions,
        data={
            "reachable": [
                {
                    "rule": line.rule.name if line.rule else None,
                    "destinations": list(line.destinations),
                    "transport": line.transport,
                    "names": list(line.names),
                    "tlsOnly": line.tls_only,
                    "namesVerified": line.verified,
                    "less": [{"rule": one.rule.name, "for": str(one.witness)} for one in line.taken],
                    "onlyIf": list(line.conditional),
                    "example": str(line.witness),
                }
                for line in lines
            ],
            "dead": [{"rule": rule, "kind": kind, "coveredBy": covering} for rule, kind, covering in shadowed],
        },
    )


def _format_row(line: ReachableSet, *, names: bool) -> tuple[str, ...]:
    shown = line.names if names else line.names[:_FEW]
    more = f" and {len(line.names) - len(shown)} more" if len(shown) < len(line.names) else ""
    claim = "" if not line.names else " (verified)" if line.verified else " (as claimed)"
    text = ", ".join(shown) + more + claim if line.names else "any, or none"
    only = f" [only if {' and '.join(line.conditional)}]" if line.conditional else ""
    return (
        line.rule.name if line.rule else "default action",
        ", ".join(line.destinations[:_FEW])
        + ("" if len(line.destinations) <= _FEW else f" and {len(line.destinations) - _FEW} more")
        + only,
        line.transport + (" TLS" if line.tls_only else ""),
        text,
        ", ".join(one.rule.name for one in line.taken) or "-",
    )
