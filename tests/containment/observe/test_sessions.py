"""A session is a time of use: many flows are one session, and 30 idle minutes, another day or another agent make a new one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from containment.loaders.presets import load_library
from containment.observe.observation import Scope, observe
from containment.observe.questions import IDLE_MINUTES, ask_sessions
from containment.observe.reading.decision_row import DECISIONS, DecisionRow, Source
from tests.containment.observe.lines import RULES, query, watched
from tests.containment.observe.test_engines import add_table

START = datetime(2026, 11, 1, tzinfo=UTC)


def make_row(agent: str, minutes: int, **changed: Any) -> DecisionRow:
    fields: dict[str, Any] = {
        "time": START + timedelta(minutes=minutes),
        "source": Source.GATEWAY_L7.value,
        "sender": "gw",
        "agent": agent,
        "by_agent": True,
        "server_name": "a.example.org",
        "address": "203.0.113.1",
        "port": 443,
        "protocol": "tcp",
        "rule": "x-default-deny",
        "known_rule": True,
        "verdict": "DENY",
        "enforced": False,
        "flow": None,
        "upstream": None,
        "bytes_out": None,
        "bytes_in": None,
        **changed,
    }
    return DecisionRow(**fields)


def count(rows: list[DecisionRow], engine: str = "duckdb") -> int:
    connection = ibis.duckdb.connect() if engine == "duckdb" else ibis.polars.connect()
    table = add_table(connection, "decisions", pa.Table.from_pylist([row._asdict() for row in rows], schema=DECISIONS))
    return int(connection.to_pyarrow(ask_sessions(table)).to_pylist()[0]["sessions"])


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize(
    ("minutes", "sessions"),
    [
        ([], 0),
        ([600], 1),
        (range(600, 700), 1),
        ([600, 629, 659, 689], 1),
        ([600, 660], 2),
        ([605, 664], 2),
        ([600, 900, 1200], 3),
        ([1439, 1440], 2),
        (range(0, 3 * 1440, 10), 3),
    ],
)
def test_idle_half_hours_and_midnight_divide_sessions(engine: str, minutes: Any, sessions: int) -> None:
    assert count([make_row("10.0.0.1", one) for one in minutes], engine) == sessions


def test_agents_have_sessions_of_their_own_and_only_flows_of_agents_count() -> None:
    mine = [make_row(agent, 600) for agent in ("10.0.0.1", "10.0.0.2")]
    others = [
        make_row("10.0.0.3", 900, by_agent=False),
        make_row("10.0.0.1", 900, source=Source.RESOLVER.value),
        make_row("10.0.0.1", 900, source=Source.VPC_FLOW.value, rule=None),
    ]
    assert count(mine) == count([*mine, *others]) == 2


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["10.0.0.1", "10.0.0.2"]), st.integers(0, 3 * 1440)), max_size=40))
def test_sessions_agree_with_a_loop(events: list[tuple[str, int]]) -> None:
    expected, last = 0, dict[str, int]()
    for agent, minute in sorted(events, key=lambda one: one[1]):
        slot = minute // IDLE_MINUTES
        before = last.get(agent)
        expected += before is None or slot - before > 1 or (slot != before and slot % (1440 // IDLE_MINUTES) == 0)
        last[agent] = slot
    assert count([make_row(*one) for one in events]) == expected


def test_a_hundred_flows_at_once_are_one_session_of_the_evidence(tmp_path: Path) -> None:
    """Enforce needs sessions of use: a burst of flows must not count as twenty."""
    lines = [line for number in range(100) for line in watched("a.example.org", number, START + timedelta(seconds=number))]
    (tmp_path / "log").write_text("\n".join([*lines, query("b.example.org", "203.0.113.1", at=START + timedelta(hours=5))]))
    assert observe([str(tmp_path / "log")], Scope(library=load_library(), rules=RULES)).evidence.window.sessions == 1
