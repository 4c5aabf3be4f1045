"""What was not tried is said in both forms of the report, with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from containment.lab.world.compare import Compared
from containment.lab.world.report import Report
from containment.lab.world.report_html import page
from containment.lab.world.report_markdown import markdown
from containment.lab.world.report_rows import threat_rows
from containment.model.names import PolicyMode
from containment.scenario_file import read_scenarios

SCENARIOS = Path(__file__).parents[3] / "scenarios"
MACHINES = {"x-agent": {"instance": "i-1", "address": "10.0.0.4"}, "x-gateway": {"instance": "i-2", "address": "10.0.1.4"}}


def report(*left_out: tuple[str, str]) -> Report:
    return Report("dev", datetime.now(UTC), MACHINES, (), {}, (), (), {}, (), {"kernel": "6"}, left_out)


def test_what_was_left_out_is_told_with_its_reason() -> None:
    told = report(("Evasion", "no technique for <this> class"))
    assert "no technique for &lt;this&gt; class" in page(told)
    assert "## Not tried" in markdown(told)
    assert "| Evasion | no technique for <this> class |" in markdown(told)


def test_a_threat_says_what_was_sent_of_it_and_how_it_came_out() -> None:
    row = next(row for row in read_scenarios(SCENARIOS / "coding.yaml").scenarios if row.id == "blocked-shadow-model")
    expected = row.expect[PolicyMode.ENFORCE]
    told = replace(report(), compared=(Compared(row, expected, "AGREES"), Compared(row, expected, "DISAGREES", "it arrived")))
    results = {str(threat).partition(":")[0]: tried for threat, _, _, tried in threat_rows(told)}
    assert results.pop("shadow-model") == "1 AGREES, 1 DISAGREES"
    assert set(results.values()) == {"NOT TRIED"}
    assert "1 AGREES, 1 DISAGREES" in page(told)
    assert "1 AGREES, 1 DISAGREES" in markdown(told)


def test_nothing_is_told_when_nothing_was_left_out() -> None:
    assert "Not tried" not in page(report()) + markdown(report())
