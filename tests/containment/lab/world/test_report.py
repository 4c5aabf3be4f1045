"""What was not tried is said in both forms of the report, with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

from containment.lab.world.report import Report
from containment.lab.world.report_html import page
from containment.lab.world.report_markdown import markdown

MACHINES = {"x-agent": {"instance": "i-1", "address": "10.0.0.4"}, "x-gateway": {"instance": "i-2", "address": "10.0.1.4"}}


def report(*left_out: tuple[str, str]) -> Report:
    return Report("dev", datetime.now(UTC), MACHINES, (), {}, (), (), {}, (), {"kernel": "6"}, left_out)


def test_what_was_left_out_is_told_with_its_reason() -> None:
    told = report(("Evasion", "no technique for <this> class"))
    assert "no technique for &lt;this&gt; class" in page(told)
    assert "## Not tried" in markdown(told)
    assert "| Evasion | no technique for <this> class |" in markdown(told)


def test_nothing_is_told_when_nothing_was_left_out() -> None:
    assert "Not tried" not in page(report()) + markdown(report())
