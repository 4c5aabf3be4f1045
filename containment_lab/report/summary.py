"""The summary of a report: its verdict in one sentence, the counts of every outcome, the findings, and the open techniques.

A part that was not run never counts as a success: a report with an untested part is incomplete, unless the user left that part out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from itertools import groupby

from containment.names import PolicyMode
from containment_lab.report.facts import Report
from containment_lab.report.outcomes import POSSIBLE, Outcome, Part, Tone, determine_outcome, explain_outcome
from containment_lab.report.probe_words import describe_attempt
from containment_lab.validation.probes import Result
from containment_lab.validation.six_tests import NAMES


@unique
class ReportVerdict(Enum):
    """The verdict of the whole report."""

    CONTAINED = "Contained as the policy intends", Tone.GOOD
    LIMITED = "Contained as far as it was tested", Tone.NOTED
    WATCHED = "Watched as the policy intends, not blocked: monitor mode", Tone.NOTED
    INCOMPLETE = "Not complete: something was not tested", Tone.NOTED
    FAILED = "Not as the policy intends", Tone.BAD

    def __init__(self, title: str, tone: Tone) -> None:
        self.title = title
        self.tone = tone

    @property
    def is_good(self) -> bool:
        """Whether nothing failed, and nothing is missing apart from parts that the user left out."""
        return self in (ReportVerdict.CONTAINED, ReportVerdict.LIMITED, ReportVerdict.WATCHED)


@dataclass(frozen=True)
class Tally:
    """The number of rows of a part with one outcome, and the meaning of that outcome."""

    part: Part
    outcome: Outcome
    count: int
    meaning: str


@dataclass(frozen=True)
class OpenTechnique:
    """A technique that the policy does not stop: its result in this run, the reason, and the control that would close it."""

    id: str
    sent: str
    seen: str
    why: str
    close: str


@dataclass(frozen=True)
class Finding:
    """A row that failed or was not tested."""

    part: Part
    id: str
    outcome: Outcome
    what: str


@dataclass(frozen=True)
class Summary:
    """The first section of a report."""

    verdict: ReportVerdict
    sentence: str
    tallies: tuple[Tally, ...]
    findings: tuple[Finding, ...]
    open_ways: tuple[OpenTechnique, ...]

    @property
    def tallies_by_part(self) -> list[list[Tally]]:
        """The tallies of each part that has any."""
        return [list(tallies) for _, tallies in groupby(self.tallies, key=lambda each: each.part)]


def summarize(report: Report) -> Summary:
    """Return the summary of a report."""
    outcomes = {
        Part.TESTS: [determine_outcome(test) for test in report.tests],
        Part.EVASION: [Outcome(line.state) for line in report.evasion],
        Part.FLOWS: [Outcome(row.state) for row in report.predicted],
        Part.OPENED: [Outcome(each.result.value) for each in report.opened],
    }
    tallies = tuple(
        Tally(part, each, outcomes[part].count(each), explain_outcome(part, each, report.mode))
        for part, possible in POSSIBLE.items()
        if outcomes[part]
        for each in possible
    )
    findings = tuple(_collect_findings(report))
    open_ways = tuple(_collect_open_techniques(report))
    verdict = _determine_verdict(report, findings)
    return Summary(verdict, f"{verdict.title}. {_compose_sentence(outcomes, len(open_ways))}", tallies, findings, open_ways)


def _determine_verdict(report: Report, findings: Sequence[Finding]) -> ReportVerdict:
    if any(each.outcome.tone is Tone.BAD for each in findings):
        return ReportVerdict.FAILED
    missed = any(each.outcome is Outcome.NOT_TESTED and not _is_wanted(report, each) for each in findings)
    if missed or any(not each.wanted for each in report.left_out):
        return ReportVerdict.INCOMPLETE
    if report.mode is PolicyMode.MONITOR:
        return ReportVerdict.WATCHED
    return ReportVerdict.LIMITED if report.left_out else ReportVerdict.CONTAINED


def _is_wanted(report: Report, finding: Finding) -> bool:
    """Return whether the user left the untested part of a finding out with an option."""
    return any(each.wanted and each.part == format_test_name(int(finding.id)) for each in report.left_out if finding.part is Part.TESTS)


def format_test_name(number: int) -> str:
    """Return the number and name of one of the six tests."""
    return f"{number} {NAMES[number]}"


def _compose_sentence(outcomes: dict[Part, list[Outcome]], opened: int) -> str:
    """Return the counts in one sentence: the successes of each part, and the number of open techniques."""
    tests, evasion, flows = outcomes[Part.TESTS], outcomes[Part.EVASION], outcomes[Part.FLOWS]
    partly = tests.count(Outcome.PARTLY)
    note = f" ({partly} in part: a session of AWS Systems Manager needs AWS)" if partly else ""
    parts = [f"{_count_good(tests)} of {len(tests)} validation tests pass{note}" if tests else "no validation test was run"]
    parts.append(
        f"{_count_good(evasion)} of {len(evasion)} evasion techniques end as expected" if evasion else "no evasion technique was sent"
    )
    parts.append(f"{_count_good(flows)} of {len(flows)} flows are as predicted" if flows else "no flow was compared with its prediction")
    parts.append(_count_open(opened) if evasion or opened else "open techniques were not looked for")
    if opened_tls := outcomes[Part.OPENED]:
        parts.append(f"{_count_good(opened_tls)} of {len(opened_tls)} clients of opened TLS end as expected")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _count_open(count: int) -> str:
    if not count:
        return "no technique is open"
    return "1 known technique is open" if count == 1 else f"{count} known techniques are open"


def _count_good(outcomes: Sequence[Outcome]) -> int:
    return sum(each.tone is Tone.GOOD for each in outcomes)


def _collect_findings(report: Report) -> Iterator[Finding]:
    """Yield the failed rows, then the untested ones, in the order of the parts."""
    found = [*_find_in_tests(report), *_find_in_rows(report)]
    yield from (each for each in found if each.outcome.tone is Tone.BAD)
    yield from (each for each in found if each.outcome is Outcome.NOT_TESTED)


def _find_in_tests(report: Report) -> Iterator[Finding]:
    for test in report.tests:
        missed = [each for each in test.probes if each.result is not Result.PASS]
        what = "; ".join(f"{describe_attempt(each.probe)}: {each.says}" for each in missed) or "it has no probe"
        yield Finding(Part.TESTS, str(test.number), determine_outcome(test), f"{NAMES[test.number]}: {what}")


def _find_in_rows(report: Report) -> Iterator[Finding]:
    yield from (Finding(Part.EVASION, line.scenario.id, Outcome(line.state), line.says) for line in report.evasion)
    yield from (Finding(Part.FLOWS, row.scenario.id, Outcome(row.state), row.why) for row in report.predicted)
    yield from (Finding(Part.OPENED, each.url, Outcome(each.result.value), f"{each.client.value}: {each.says}") for each in report.opened)


def _collect_open_techniques(report: Report) -> Iterator[OpenTechnique]:
    """Yield the techniques of the reviewed list that are open, each with its result in this run."""
    sent = {line.scenario.id: line for line in report.evasion}
    for hole in report.known_open:
        line = sent.get(hole.id)
        if line is None:
            seen = "not sent in this run"
        elif report.mode is PolicyMode.MONITOR:
            seen = "delivered, as everything in monitor mode; it stays open in enforce"
        elif line.state == Outcome.OPEN:
            seen = "got through in this run"
        else:
            seen = f"did not get through in this run ({Outcome(line.state).label})"
        yield OpenTechnique(hole.id, " ".join(line.scenario.command or ()) if line else "", seen, hole.fact, hole.control)
