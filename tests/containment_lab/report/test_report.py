"""A report has its verdict first, counts everything once, and calls nothing a success that was not tested."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from containment.loaders.scenarios import read_scenarios
from containment.names import PolicyMode
from containment_lab.report.document import render_json
from containment_lab.report.facts import OmittedPart, Report
from containment_lab.report.outcomes import POSSIBLE, Outcome, Part, explain_outcome
from containment_lab.report.page import LONGEST_WORD, keep_words, render_page
from containment_lab.report.summary import ReportVerdict, format_test_name, summarize
from containment_lab.report.tables import build_tables
from containment_lab.report.text import render_csv, render_markdown
from containment_lab.validation.probes import Probe, ProbeResult, Result
from containment_lab.validation.six_tests import ValidationResult
from tests.containment_lab.report.recorded import SCENARIOS, recorded

GOOD, BAD = recorded(failing=False), recorded()


def without_update(report: Report) -> Report:
    probe = Probe(6, "update-after", "-", Result.NOT_TESTED, "unknown", "the destination was not added", "n")
    sixth = ValidationResult(6, (ProbeResult(probe, Result.NOT_TESTED, probe.detail),))
    return replace(report, tests=(*report.tests[:5], sixth))


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (GOOD, ReportVerdict.CONTAINED),
        (BAD, ReportVerdict.FAILED),
        (recorded(PolicyMode.MONITOR, failing=False), ReportVerdict.WATCHED),
        (without_update(GOOD), ReportVerdict.INCOMPLETE),
        (replace(without_update(GOOD), left_out=(OmittedPart(format_test_name(6), "--no-update"),)), ReportVerdict.LIMITED),
        (replace(GOOD, left_out=(OmittedPart(Part.FLOWS.value, "no table", wanted=False),)), ReportVerdict.INCOMPLETE),
        (replace(GOOD, evasion=tuple(replace(each, state="NOT TESTED") for each in GOOD.evasion)), ReportVerdict.INCOMPLETE),
    ],
    ids=["good", "failing", "monitor", "test 6 missed", "test 6 left out", "flows missed", "evasion missed"],
)
def test_only_what_was_tested_and_came_out_well_is_a_success(report: Report, verdict: ReportVerdict) -> None:
    summary = summarize(report)
    assert summary.verdict is verdict
    assert summary.sentence.startswith(verdict.title)
    assert summary.verdict.is_good is (verdict in (ReportVerdict.CONTAINED, ReportVerdict.LIMITED, ReportVerdict.WATCHED))


def test_every_row_is_counted_once_and_every_count_has_a_meaning() -> None:
    summary = summarize(BAD)
    total = Counter(dict.fromkeys(Part, 0))
    for each in summary.tallies:
        total[each.part] += each.count
        assert len(each.meaning) > 20
    assert total == {Part.TESTS: 6, Part.EVASION: len(BAD.evasion), Part.FLOWS: len(BAD.predicted), Part.OPENED: len(BAD.opened)}
    for part, possible in POSSIBLE.items():
        assert len({explain_outcome(part, each, PolicyMode.ENFORCE) for each in possible}) == len(possible)


def test_the_sentence_has_the_counts_and_what_is_open() -> None:
    sentence = summarize(GOOD).sentence
    assert "6 of 6 validation tests pass (1 in part" in sentence
    assert f"{len(GOOD.evasion) - len(GOOD.known_open)} of {len(GOOD.evasion)} evasion techniques" in sentence
    assert f"{len(GOOD.known_open)} known techniques are open" in sentence
    assert "no technique is open" in summarize(replace(GOOD, known_open=())).sentence
    assert "were not looked for" in summarize(replace(GOOD, known_open=(), evasion=())).sentence


def test_a_way_that_is_open_has_its_reason_and_what_closes_it_even_if_it_was_not_sent() -> None:
    for report, seen in (
        (GOOD, "got through"),
        (replace(GOOD, evasion=()), "not sent"),
        (recorded(PolicyMode.MONITOR), "stays open in enforce"),
    ):
        ways = summarize(report).open_ways
        assert {each.id for each in ways} == {hole.id for hole in GOOD.known_open}
        assert all(seen in each.seen and each.why and each.close for each in ways)
        assert all(text in render_markdown(report) for each in ways for text in (each.id, each.seen))


def test_the_page_has_the_verdict_first_then_what_is_open_then_the_details() -> None:
    page = render_page(BAD)
    marks = ('id="summary"', "Not as the policy intends", 'id="open"', "What would close it", 'id="topology"', 'id="details"', "<details")
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)
    for fact in ("coding", "enforce", "2026-11-28 12:30 UTC", "containment 0.1.0", "0123abc-dirty", "simulated on one machine"):
        assert re.search(rf"<dd>[^/]*{re.escape(fact)}", page), fact
    assert "not from a checkout" in render_page(replace(BAD, commit=None))


def test_a_table_with_a_failure_is_unfolded_and_its_failures_are_first() -> None:
    assert '<details id="evasion" open>' in render_page(BAD)
    assert '<details id="evasion">' in render_page(GOOD)
    (evasion,) = [each for each in build_tables(BAD) if each.key == "evasion"]
    assert [row[1] for row in evasion.rows][:3] == [Outcome.DISAGREES, Outcome.NOT_TESTED, Outcome.OPEN]


def test_text_of_a_run_is_no_markup_of_the_page() -> None:
    page = render_page(replace(GOOD, stack="<b>dev</b>", left_out=(OmittedPart("<script>", "a & b"),)))
    assert "<script" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


def test_the_page_fetches_nothing_and_has_no_script() -> None:
    page = render_page(BAD)
    assert not re.findall(r"<(?:script|link|img|iframe|object|embed)\b", page)
    assert not re.findall(r"(?:src|href)\s*=|url\((?!#)|@import", page)
    assert "default-src 'none'" in page


def test_a_word_stays_whole_and_a_longer_one_is_broken_after_punctuation() -> None:
    assert keep_words("api.openai.com is-denied <here>") == "api.openai.com <span>is-denied</span> <span>&lt;here&gt;</span>"
    long = "collect.attacker.example/path/of/a/request?with=a&long=query" + "x" * 60
    pieces = re.findall(r"<span>(.*?)</span>", keep_words(long))
    assert "".join(pieces).replace("&amp;", "&") == long
    assert all(len(each.replace("&amp;", "&")) <= LONGEST_WORD for each in pieces)
    assert all(each[-1] in "./=?;&" for each in pieces[:2])


def test_a_threat_has_what_was_sent_of_it_and_how_it_came_out() -> None:
    row = next(row for row in read_scenarios(SCENARIOS / "coding.yaml").scenarios if row.id == "blocked-shadow-model")
    one = replace(GOOD.predicted[0], scenario=row)
    report = replace(GOOD, evasion=(), predicted=(one, replace(one, state="DISAGREES", why="it arrived")))
    (threats,) = [each for each in build_tables(report) if each.key == "threats"]
    tried = {str(cells[0]).partition(":")[0]: cells[-1] for cells in threats.rows}
    assert tried.pop("shadow-model") == "1 not as expected, 1 as expected"
    assert set(tried.values()) == {"not tried"}


def test_what_was_left_out_is_listed_with_its_reason_and_only_then() -> None:
    report = replace(GOOD, left_out=(OmittedPart("Evasion techniques", "--no-evasion"),))
    for text in (render_page(report), render_markdown(report), render_csv(report)):
        assert "--no-evasion" in text
    assert "Not tried" not in render_page(replace(GOOD, left_out=()))


def test_json_and_csv_have_every_row_with_the_same_results() -> None:
    document = json.loads(render_json(BAD))
    assert document["schema"] == "containment-report/v1"
    assert document["verdict"] == {"result": "FAILED", "text": summarize(BAD).sentence}
    assert [each["result"] for each in document["tests"]] == ["PASS", "PASS IN PART", "PASS", "FAIL", "PASS", "PASS"]
    rows = list(csv.DictReader(io.StringIO(render_csv(BAD))))
    for key, title, name in (("evasion", Part.EVASION.value, "technique"), ("predicted", Part.FLOWS.value, "flow")):
        of_csv = {row[name]: row["result"] for row in rows if row["table"] == title}
        assert of_csv == {each["id"]: each["result"] for each in document[key]}
        assert len(of_csv) == len(document[key])
    assert {each["id"] for each in document["open"]} == {row["technique"] for row in rows if row["table"] == "Open techniques"}
