"""The evasion table is whole: enough techniques, each once, each with a rule per mode, and every open one has its fact and its control."""

from __future__ import annotations

from pathlib import Path

from containment.lab.world.attacks.__main__ import TECHNIQUES
from containment.lab.world.evasion import load_table
from containment.model.flow import Effect
from containment.model.names import PolicyMode

TABLE = load_table(Path(__file__).parent / "evasion.yaml")


def test_there_are_enough_techniques_and_each_is_known() -> None:
    ids = [each.id for each in TABLE.scenarios]
    assert len(ids) == len(set(ids)) >= 60
    assert {each.command[0] for each in TABLE.scenarios if each.command} <= set(TECHNIQUES)
    assert all(each.command for each in TABLE.scenarios)


def test_the_open_list_is_just_what_gets_through_in_enforce() -> None:
    through = {each.id for each in TABLE.scenarios if each.expect[PolicyMode.ENFORCE].effect is Effect.DELIVERED}
    assert {each.id for each in TABLE.open} == through


def test_monitor_and_enforce_name_the_same_rule() -> None:
    for each in TABLE.scenarios:
        monitor, enforce = each.expect[PolicyMode.MONITOR], each.expect[PolicyMode.ENFORCE]
        assert (monitor.rule, monitor.verdict) == (enforce.rule, enforce.verdict), each.id
