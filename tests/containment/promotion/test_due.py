"""`catalog due` lists what has ended, ends soon or needs a review, and ends with NO when there is such an entry."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from containment.exit_code import Exit
from tests.containment.promotion.conftest import OPTIONS, Run

TODAY = date(2026, 11, 29)
FILE = "Pulumi.coding-monitor.yaml"


def add(project: Path, until: date) -> None:
    with (project / FILE).open("a") as out:
        out.write(f"  approvedSaasApiDomains:\n    - {{name: a.acme.example, owner: crm, reason: Why., function: What., until: {until}}}\n")


def due(run: Run, *options: Any) -> tuple[int, list[dict[str, Any]]]:
    result = run("catalog", "due", "--json", "--today", TODAY, *options)
    return result.exit_code, json.loads(result.stdout)["due"]


def test_nothing_is_due_in_the_shipped_files(run: Run) -> None:
    assert due(run) == (Exit.OK, [])


@pytest.mark.parametrize(
    ("days", "options", "state"),
    [
        (-1, (), "ended"),
        (0, (), "ends soon"),
        (30, (), "ends soon"),
        (31, (), None),
        (31, ("--days", 31), "ends soon"),
        (1, ("--days", 0), None),
    ],
)
def test_an_entry_of_a_stack_is_due_by_its_end(run: Run, project: Path, days: int, options: tuple[Any, ...], state: str | None) -> None:
    add(project, TODAY + timedelta(days=days))
    code, found = due(run, *options)
    assert (code, [(one["state"], one["name"], one["where"], one["days"]) for one in found]) == (
        (Exit.OK, []) if state is None else (Exit.NO, [(state, "a.acme.example", f"{FILE}:approvedSaasApiDomains", days)])
    )
    if state is not None:
        assert "containment promote a.acme.example --stack coding-monitor" in found[0]["fix"]


def test_an_entry_of_a_network_is_due_by_its_end(run: Run, project: Path) -> None:
    with (project / FILE).open("a") as out:
        fields = "owner: ml, reason: Why., function: What., until: 2026-12-01"
        out.write(f"  approvedModelGatewayCidrs:\n    - {{name: 10.201.0.0/28, {fields}}}\n")
    code, (found,) = due(run)
    assert (code, found["state"], found["name"], found["where"]) == (
        Exit.NO,
        "ends soon",
        "10.201.0.0/28",
        f"{FILE}:approvedModelGatewayCidrs",
    )
    assert "containment promote '10.201.0.0/28' --stack coding-monitor --key approvedModelGatewayCidrs" in found["fix"]


@pytest.mark.parametrize(("age", "is_due"), [(180, False), (181, True)])
def test_an_entry_of_the_catalog_is_due_by_its_review(run: Run, project: Path, age: int, is_due: bool) -> None:
    path = project / "presets" / "catalog" / "developer-docs.yaml"
    path.write_text(path.read_text().replace("reviewed: 2026-11-21", f"reviewed: {TODAY - timedelta(days=age)}", 1))
    code, found = due(run)
    assert (code, [(one["state"], one["name"]) for one in found]) == (
        (Exit.NO, [("review", "docs.python.org")]) if is_due else (Exit.OK, [])
    )


def test_an_exception_of_a_stack_is_due_as_well(run: Run, project: Path) -> None:
    with (project / FILE).open("a") as out:
        out.write("  uploadWaivers:\n    - {host: up.acme.example, owner: crm, reason: Why., until: 2026-12-01}\n")
    assert [(one["state"], one["name"]) for one in due(run)[1]] == [("ends soon", "up.acme.example")]


def test_a_file_that_cannot_be_read_is_an_error_and_no_empty_answer(run: Run, project: Path) -> None:
    (project / "Pulumi.broken.yaml").write_text("config: [\n")
    result = run("catalog", "due")
    assert (result.exit_code, "Pulumi.broken.yaml" in result.stderr) == (Exit.ERROR, True)


def test_a_day_that_is_none_is_wrong_usage(run: Run) -> None:
    assert run("catalog", "due", "--today", "soon").exit_code == Exit.USAGE


@pytest.mark.parametrize(("age", "is_renewed"), [(180, False), (181, True)])
def test_promoting_again_renews_a_review_that_is_due_and_no_other(run: Run, project: Path, age: int, is_renewed: bool) -> None:
    today = datetime.now(UTC).date()
    words = ("promote", "papers.acme.example", "--set", "research-apis", *OPTIONS, "--no-uploads", "--no-relays", "--no-foreign-tenant")
    assert run(*words).exit_code == 0
    path = project / "presets" / "catalog" / "research-apis.yaml"
    head, _, entry = path.read_text().partition("papers.acme.example")
    path.write_text(f"{head}papers.acme.example{entry.replace(str(today), str(today - timedelta(days=age)))}")
    again = run(*words)
    assert again.exit_code == 0, again.output
    assert ("Nothing to do" in again.stdout) is not is_renewed
    assert (f"reviewed: {today}" in path.read_text().partition("papers.acme.example")[2]) is is_renewed
