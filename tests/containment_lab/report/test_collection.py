"""The plan of a report: a class without a scenario table has no flows, which the report tells, and every other part."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.errors import InputError
from containment.loaders.stack_file import read_stack
from containment_lab.report.collection import Plan, read_plan
from tests.support.child import REPOSITORY

TABLES = REPOSITORY / "tests" / "scenarios"


def plan(tables: Path) -> Plan:
    return read_plan(read_stack("coding-monitor", folder=REPOSITORY), tables, sends_evasion=True, update=None)


def test_the_rows_that_need_nothing_of_the_company_are_planned() -> None:
    found = plan(TABLES)
    assert found.no_flows == ""
    assert found.flows
    assert not any(row.needs for row in found.flows)


def test_a_class_without_a_table_has_every_other_part_and_a_reason(tmp_path: Path) -> None:
    (tmp_path / "evasion.yaml").symlink_to(TABLES / "evasion.yaml")
    found = plan(tmp_path)
    assert found.flows == ()
    assert found.table == plan(TABLES).table
    assert found.no_flows.startswith(f"{tmp_path / 'coding.yaml'} does not exist")


def test_a_table_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evasion.yaml").symlink_to(TABLES / "evasion.yaml")
    (tmp_path / "coding.yaml").write_text("scenarios: [")
    with pytest.raises(InputError):
        plan(tmp_path)
