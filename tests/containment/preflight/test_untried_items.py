"""What was never run on real systems is listed once, and `containment doctor` and the documentation show it."""

from __future__ import annotations

from pathlib import Path

from containment.loaders.presets import load_library
from containment.machine.doctor import examine
from containment.preflight.finding import Status
from containment.preflight.untried_items import NOT_RUN, PAGE, System, format_counts
from tools.documentation.reference import render_not_run

REPOSITORY = Path(__file__).parents[3]


def test_doctor_shows_how_many_and_where_to_read() -> None:
    (finding,) = [each for each in examine(REPOSITORY) if each.check == "real AWS and Controller"]
    assert (finding.status, finding.detail) == (Status.SKIPPED, format_counts())
    assert PAGE in finding.fix
    for system in System:
        assert f"{sum(each.system is system for each in NOT_RUN)} on {system.value}" in finding.detail


def test_every_entry_is_in_the_documentation_with_what_to_try_first() -> None:
    page = (REPOSITORY / PAGE).read_text()
    assert render_not_run(load_library()) in page
    for each in NOT_RUN:
        assert each.what in page
        assert each.try_first in page
        assert each.since.isoformat() in page


def test_both_systems_have_entries_and_none_is_listed_twice() -> None:
    assert {each.system for each in NOT_RUN} == set(System)
    assert len({each.what for each in NOT_RUN}) == len(NOT_RUN)
