"""The tables of a report as rows of values, the same for the page, the Markdown and the CSV file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from containment.policy.flow import Effect, PolicyVerdict
from containment.risk.threats import THREATS, is_testing
from containment_lab.report.facts import Report
from containment_lab.report.outcomes import Outcome, Part, Tone, determine_outcome
from containment_lab.report.probe_words import describe_attempt, describe_result
from containment_lab.report.summary import format_test_name
from containment_lab.validation.comparison import FlowComparison
from containment_lab.validation.evasion import TechniqueResult

Value: TypeAlias = str | int | Outcome
_EFFECTS = {Effect.DELIVERED: "delivered", Effect.BLOCKED: "stopped", Effect.UNKNOWN: "not certain"}
_VERDICTS = {PolicyVerdict.PERMIT: "permitted", PolicyVerdict.DENY: "denied", PolicyVerdict.UNKNOWN: "not certain"}


class Kind(Enum):
    """The kind of values in a column."""

    TEXT = auto()
    CODE = auto()
    NUMBER = auto()
    RESULT = auto()


@dataclass(frozen=True)
class Column:
    """A column: its heading and the kind of its values."""

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Table:
    """A table: `key` is stable, `note` is a sentence above it; the first column names the row."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""

    @property
    def has_failures(self) -> bool:
        """Whether a row failed; the page's template reads it."""
        return any(isinstance(value, Outcome) and value.tone is Tone.BAD for row in self.rows for value in row)


def build_tables(report: Report) -> tuple[Table, ...]:
    """Return the tables of a report that have rows, in order."""
    every = (
        _build_tests_table(report),
        _build_probes_table(report),
        _build_evasion_table(report),
        _build_flows_table(report),
        _build_opened_table(report),
        _build_threats_table(report),
        _build_rules_table(report),
        _build_omitted_table(report),
        _build_versions_table(report),
    )
    return tuple(each for each in every if each.rows)


def _build_tests_table(report: Report) -> Table:
    def observed(number: int) -> str:
        test = next(each for each in report.tests if each.number == number)
        shown = test.probes if number == 6 or len(test.probes) < 3 else test.probes[:1]
        more = len(test.probes) - len(shown)
        seen = "; then ".join(f"{describe_attempt(each.probe)}: {describe_result(each)}" for each in shown) or "no probe"
        return seen + (f" (and {more} more probes, below)" if more else "")

    rows = tuple((format_test_name(each.number), determine_outcome(each), observed(each.number)) for each in report.tests)
    columns = (Column("test"), Column("result", Kind.RESULT), Column("observed"))
    note = "Sent from the agent host by the script that is deployed there, and evaluated with the logs of gateway and resolver."
    if not any(each.part == format_test_name(6) for each in report.left_out):
        added = {probe.probe.host for each in report.tests if each.number == 6 for probe in each.probes}
        note += f" For test 6 one more destination, {', '.join(sorted(added))}, was added to the stack and removed again."
    return Table("tests", f"{Part.TESTS.value} in {report.mode.value} mode", columns, rows, note)


def _build_probes_table(report: Report) -> Table:
    rows = tuple(
        (f"{test.number} {each.probe.id}", Outcome(each.result.value), describe_attempt(each.probe), describe_result(each))
        for test in report.tests
        for each in test.probes
    )
    return Table(
        "probes", "Probes of the six tests", (Column("probe"), Column("result", Kind.RESULT), Column("tried"), Column("observed")), rows
    )


def _build_evasion_table(report: Report) -> Table:
    lines = sorted(report.evasion, key=lambda line: Outcome(line.state).rank)
    rows = tuple(
        (line.scenario.id, Outcome(line.state), " ".join(line.scenario.command or ()), _describe_technique(line)) for line in lines
    )
    columns = (Column("technique"), Column("result", Kind.RESULT), Column("sent", Kind.CODE), Column("observed"))
    note = (
        "Each technique is sent with nothing enforced, where its nonce has to reach the attacker; then with the policy in force; then as"
        " deployed, with the VPC's filters."
    )
    return Table("evasion", Part.EVASION.value, columns, rows, note)


def _describe_technique(line: TechniqueResult) -> str:
    """Return the result of a technique, with the rule that decided."""
    if line.state != Outcome.AGREES:
        return line.says
    expected = line.scenario.expect[line.mode]
    by = "no rule logs it" if expected.rule == "none" else f"{_VERDICTS[expected.verdict]} by {expected.rule}"
    would = expected.verdict is PolicyVerdict.DENY and expected.effect is Effect.DELIVERED
    return f"{_EFFECTS[expected.effect]}, {'would be ' if would else ''}{by}"


def _build_flows_table(report: Report) -> Table:
    def predicted(row: FlowComparison) -> str:
        return f"{_EFFECTS[row.predicted.effect]}, {_VERDICTS[row.predicted.verdict]} by {row.predicted.rule}"

    lines = sorted(report.predicted, key=lambda row: Outcome(row.state).rank)
    rows = tuple((row.scenario.id, Outcome(row.state), predicted(row), row.why or "the same") for row in lines)
    columns = (Column("flow"), Column("result", Kind.RESULT), Column("predicted"), Column("observed"))
    note = "The prediction is the model's, from the stack's configuration; the observation is the gateway's log and the packets."
    return Table("flows", Part.FLOWS.value, columns, rows, note)


def _build_opened_table(report: Report) -> Table:
    rows = tuple((each.url, Outcome(each.result.value), each.client.value, each.rule, each.says) for each in report.opened)
    columns = (Column("URL", Kind.CODE), Column("result", Kind.RESULT), Column("client"), Column("opened by"), Column("observed"))
    note = (
        "The gateway decrypts TLS to decide on these URLs by their path, with a certificate of the gateway's authority. A program that pins"
        " the destination's certificate cannot use them: permit its host by name instead, or leave it out."
    )
    return Table("opened-tls", Part.OPENED.value, columns, rows, note)


def _build_threats_table(report: Report) -> Table:
    """Return the threats with the flows and techniques that were sent for each in this run, and their outcomes."""
    tried = [(row.scenario, row.state) for row in report.predicted] + [(line.scenario, line.state) for line in report.evasion]

    def row(threat: str, what: str, entries: Iterable[str], rules: Iterable[str], states: Iterable[str]) -> tuple[Value, ...]:
        return f"{threat}: {what}", ", ".join(entries), ", ".join(rules), _format_counts(states) or "not tried"

    rows = tuple(
        row(each.id, each.what, each.entries, each.rules, (state for scenario, state in tried if is_testing(scenario, each)))
        for each in THREATS
    )
    return Table(
        "threats",
        "Threats, and the attempts for each",
        (Column("threat"), Column("cited as"), Column("denied by"), Column("tried here")),
        rows,
    )


def _format_counts(states: Iterable[str]) -> str:
    counts = Counter(map(Outcome, states))
    return ", ".join(f"{counts[each]} {each.label}" for each in sorted(counts, key=lambda outcome: outcome.rank))


def _build_rules_table(report: Report) -> Table:
    rows = tuple(
        (
            str(rule["name"]),
            number,
            "permit" if rule["permits"] else "deny",
            "watched: logged, without effect" if rule["watched"] else "applied",
            report.hits.get(str(rule["name"]), 0),
        )
        for number, rule in enumerate(report.rules, 1)
    )
    columns = (Column("rule"), Column("order", Kind.NUMBER), Column("action"), Column("effect"), Column("decisions", Kind.NUMBER))
    return Table("rules", "Rules in force", columns, rows, "In order: the first rule that matches decides.")


def _build_omitted_table(report: Report) -> Table:
    return Table("left-out", "Not tried", (Column("what"), Column("why")), tuple((each.part, each.why) for each in report.left_out))


def _build_versions_table(report: Report) -> Table:
    return Table("versions", "Made with", (Column("what"), Column("version", Kind.CODE)), tuple(report.versions.items()))
