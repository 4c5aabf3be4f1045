"""One set of questions for every engine: equal rows on DuckDB and Polars, and reviewed SQL for Athena."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from containment.observe.questions import POLICY_SOURCES, ask_would_be_denied, restrict_to_agents
from containment.observe.reading.decision_row import ANSWERS, DECISIONS, AnswerRow, DecisionRow, Source
from tests.containment.observe.athena_sql import FOLDER, ask_all, build_sql

EXAMPLES = int(os.environ.get("EXAMPLES", "12"))
NAMES = ["a.example.org", "b.example.org", "c.example.net", None]
ADDRESSES = ["203.0.113.1", "203.0.113.2", "2001:db8::1"]
RULES = ["x-default-deny", "x-monitor-permit", "x-allow-packages", "x-vpc-dns-udp", "00000000-0000-0000-0000-000000000001", None]
COUNTS = st.none() | st.integers(0, 1000)


@st.composite
def decisions(draw: st.DrawFn) -> DecisionRow:
    name = draw(st.sampled_from(NAMES))
    return DecisionRow(
        time=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 4000))),
        source=draw(st.sampled_from(Source)).value,
        sender="gw",
        agent=draw(st.sampled_from(["10.0.0.1", "10.0.0.2"])),
        by_agent=draw(st.booleans()),
        server_name=name,
        address=draw(st.sampled_from(ADDRESSES) if name is None else st.none() | st.sampled_from(ADDRESSES)),
        port=draw(st.none() | st.sampled_from([53, 443])),
        protocol=draw(st.sampled_from(["tcp", "udp"])),
        rule=draw(st.sampled_from(RULES)),
        known_rule=draw(st.booleans()),
        verdict=draw(st.sampled_from(["PERMIT", "DENY"])),
        enforced=draw(st.booleans()),
        flow=draw(st.none() | st.sampled_from(["1", "2", "3"])),
        upstream=draw(st.none() | st.sampled_from(ADDRESSES)),
        bytes_out=draw(COUNTS),
        bytes_in=draw(COUNTS),
    )


ANSWERED = st.builds(AnswerRow, name=st.sampled_from(NAMES[:3]), address=st.sampled_from(ADDRESSES))


def make_tables(rows: list[DecisionRow], answers: list[AnswerRow]) -> tuple[pa.Table, pa.Table]:
    return (
        pa.Table.from_pylist([row._asdict() for row in rows], schema=DECISIONS),
        pa.Table.from_pylist([one._asdict() for one in sorted(set(answers))], schema=ANSWERS),
    )


def run_all(connection: Any, tables: tuple[pa.Table, pa.Table], restricted: bool) -> dict[str, list[dict[str, Any]]]:
    found, answers = (add_table(connection, name, each) for name, each in zip(("decisions", "answers"), tables, strict=True))
    chosen = restrict_to_agents(found) if restricted else found
    return {name: connection.to_pyarrow(question).to_pylist() for name, question in ask_all(chosen, answers).items()}


def add_table(connection: Any, name: str, table: pa.Table) -> Any:
    if connection.name == "polars":
        return connection.create_table(name, table, overwrite=True)
    connection.con.register(name, table)
    return connection.table(name)


@pytest.fixture(scope="module")
def duckdb() -> Any:
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    return connection


@pytest.fixture(scope="module")
def polars() -> Any:
    return ibis.polars.connect()


@pytest.mark.long
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(decisions(), max_size=30), answers=st.lists(ANSWERED, max_size=5), restricted=st.booleans())
def test_both_engines_give_equal_rows(
    duckdb: Any, polars: Any, rows: list[DecisionRow], answers: list[AnswerRow], restricted: bool
) -> None:
    tables = make_tables(rows, answers)
    one, two = run_all(duckdb, tables, restricted), run_all(polars, tables, restricted)
    for name in one:
        assert one[name] == two[name], name


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(decisions(), max_size=30), count_unknown=st.booleans())
def test_the_main_question_agrees_with_a_loop_over_the_rows(duckdb: Any, rows: list[DecisionRow], count_unknown: bool) -> None:
    """Every destination with a watched deny or a bare monitor permit is listed, and no other."""
    expected = {
        (row.server_name or row.address, row.agent)
        for row in rows
        if row.source in POLICY_SOURCES
        and (
            (row.verdict == "DENY" and not row.enforced)
            or (row.verdict == "PERMIT" and ((row.rule or "").endswith("-monitor-permit") or (count_unknown and not row.known_rule)))
        )
    }
    table = add_table(duckdb, "decisions", make_tables(rows, [])[0])
    found = duckdb.to_pyarrow(ask_would_be_denied(table, count_unknown=count_unknown)).to_pylist()
    assert {(row["destination"], row["agent"]) for row in found} == expected
    assert all(row["first_seen"] <= row["last_seen"] and row["days"] >= 1 for row in found)


def test_the_sql_for_athena_is_the_reviewed_one() -> None:
    built = build_sql()
    assert {path.name for path in FOLDER.glob("*.sql")} == built.keys()
    for name, text in built.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: python -m tests.containment.observe.athena_sql"
