"""Preflight fails from 14 days before an agent's end, and after it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from containment.preflight.finding import Finding, Status
from containment.vending.listing import check_agents
from tests.containment.vending.files import write_agent, write_stacks

TODAY = date(2026, 11, 29)


def judge(folder: Path, stack: str = "coding-monitor") -> Finding:
    found = check_agents(stack, TODAY, folder)
    assert found is not None
    return found


@pytest.mark.parametrize(("days", "status"), [(-400, "FAIL"), (-1, "FAIL"), (0, "FAIL"), (14, "FAIL"), (15, "PASS"), (900, "PASS")])
def test_the_days_of_notice(tmp_path: Path, days: int, status: str) -> None:
    write_stacks(tmp_path)
    write_agent(tmp_path, "reviewer", until=str(TODAY + timedelta(days=days)))
    write_agent(tmp_path, "builder")
    found = judge(tmp_path)
    assert found.status == status
    assert "reviewer" in found.detail
    if status == "FAIL":
        assert "vend remove reviewer" in found.fix


def test_an_unusable_file_fails(tmp_path: Path) -> None:
    write_stacks(tmp_path)
    write_agent(tmp_path, "reviewer", until="soon")
    found = judge(tmp_path)
    assert found.status is Status.FAIL
    assert "agents/reviewer.yaml:until" in found.detail


def test_an_agent_of_another_stack_is_judged_there(tmp_path: Path) -> None:
    write_stacks(tmp_path, "coding-monitor", "research-monitor")
    write_agent(tmp_path, "reader", stack="research-monitor", until="2020-01-01")
    assert judge(tmp_path).status is Status.PASS
    assert judge(tmp_path, "research-monitor").status is Status.FAIL


def test_a_misspelled_stack_is_a_warning(tmp_path: Path) -> None:
    write_stacks(tmp_path)
    write_agent(tmp_path, "reader", stack="coding-montor")
    assert judge(tmp_path).status is Status.WARN


def test_a_folder_without_agent_files_has_no_line(tmp_path: Path) -> None:
    write_stacks(tmp_path)
    assert check_agents("coding-monitor", TODAY, tmp_path) is None
    (tmp_path / "agents").write_text("")
    assert judge(tmp_path).status is Status.FAIL
