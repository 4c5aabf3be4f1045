"""The tables of ingested logs in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import ibis

from containment.observe.reading.ingest import Ingested


@dataclass(frozen=True, slots=True)
class LogTables:
    """The decisions of a window, the DNS answers, and the connection that answers questions about them."""

    connection: Any
    decisions: Any
    answers: Any

    def run(self, question: Any) -> list[dict[str, Any]]:
        """Return the rows of a question."""
        rows: list[dict[str, Any]] = self.connection.to_pyarrow(question).to_pylist()
        return rows


@contextmanager
def open_tables(found: Ingested, since: datetime | None, until: datetime | None) -> Iterator[LogTables]:
    """Open the tables of ingested logs, with the decisions of a window; either end may be open."""
    connection = ibis.duckdb.connect(memory_limit="1GB", temp_directory=str(found.folder / "spill"))
    try:
        connection.raw_sql("SET TimeZone = 'UTC'")
        decisions = connection.read_parquet(str(found.decisions / "*.parquet"), table_name="decisions")
        answers = connection.read_parquet(str(found.answers), table_name="answers")
        if since:
            decisions = decisions.filter(decisions.time >= ibis.literal(since.astimezone(UTC)))
        if until:
            decisions = decisions.filter(decisions.time < ibis.literal(until.astimezone(UTC)))
        yield LogTables(connection, decisions, answers)
    finally:
        connection.disconnect()
