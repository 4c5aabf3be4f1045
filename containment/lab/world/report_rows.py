"""The report's tables as rows: the page and the Markdown say the same."""

from __future__ import annotations

from collections.abc import Iterable

from containment.lab.world.report import Report, Section
from containment.model.threats import THREATS, tries

Rows = list[tuple[object, ...]]
TESTS = "The six validation tests"
TEST_HEADS = ("test", "result", "probe", "asked", "what happened")
RULE_HEADS = ("rule", "action", "is", "hits")
EVASION_HEADS = ("result", "technique", "sent", "what happened")
COMPARED_HEADS = ("result", "row", "predicted", "seen")
THREAT_HEADS = ("threat", "cited as", "denied by", "tried here")


def test_rows(section: Section) -> Rows:
    """Return a line for each probe of the six tests."""
    return [
        (test.number, part.result.value, part.probe.id, part.probe.target, part.says) for test in section.tested for part in test.probes
    ]


def rule_rows(report: Report) -> Rows:
    """Return the rules in force, in order, with how often each decided."""

    def row(rule: dict[str, object]) -> tuple[object, ...]:
        name, action, how = str(rule["name"]), "PERMIT" if rule["permits"] else "DENY", "watched" if rule["watched"] else "applied"
        return name, action, how, report.hits.get(name, 0)

    return [row(rule) for rule in report.rules]


def evasion_rows(report: Report) -> Rows:
    """Return the techniques with what became of them; an open one with its fact and what closes it."""
    out: Rows = []
    for line in report.evasion:
        known = report.open_holes.get(line.scenario.id)
        more = f": {known[0]} Closed by: {known[1]}" if known else ""
        out.append((line.state, line.scenario.id, " ".join(line.scenario.command or ()), line.says + more))
    return out


def compared_rows(report: Report) -> Rows:
    """Return what was predicted and seen of each row."""
    return [(one.state, one.scenario.id, f"{one.predicted.verdict.value} by {one.predicted.rule}", one.why) for one in report.compared]


def threat_rows(report: Report) -> Rows:
    """Return the threats with what was sent of each in this run, and how it came out."""
    out: Rows = []
    tried = [(each.scenario, each.state) for each in report.compared] + [(each.scenario, each.state) for each in report.evasion]
    for threat in THREATS:
        seen = [state for scenario, state in tried if tries(scenario, threat)]
        out.append((f"{threat.id}: {threat.what}", ", ".join(threat.entries), ", ".join(threat.rules), count(seen) or "NOT TRIED"))
    return out


def count(states: Iterable[str]) -> str:
    """Return how often each state is there."""
    listed = list(states)
    return ", ".join(f"{listed.count(state)} {state}" for state in dict.fromkeys(sorted(listed)))
