"""Ingest: every line of every file becomes a row of `decisions` in DuckDB, a counted line without a decision, or a reject.

Lines read are lines counted by kind and rejects, always. The rows are stored as Parquet in a work folder, so that a month of logs needs
no memory of its size.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from containment.logs.record import LogFormatError
from containment.observe.reading.agents import AgentNetworks
from containment.observe.reading.decision_row import ANSWERS, DECISIONS, AnswerRow, DecisionRow, Source
from containment.observe.reading.flow_parquet import NotFlowsError, convert_flows
from containment.observe.reading.flowiq import ForeignTableError
from containment.observe.reading.formats import LineReader, Skipped, UnknownFormatError
from containment.observe.reading.rejects import Rejects, SequenceWatch
from containment.observe.reading.source_kinds import UNREADABLE_FILE
from containment.observe.reading.sources import ByteLines, LogFile

LONGEST_LINE: Final = 1 << 20
"""Bytes; a longer line is rejected."""
_BATCH: Final = 50_000
_STEP: Final = 20_000
"""Lines between two reports of progress."""


@dataclass
class Ingested:
    """What was read: `lines` by kind, `rejected` by kind, holes that the logs themselves show, and the folder of the tables."""

    folder: Path
    lines: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    holes: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    read: int = 0

    @property
    def decisions(self) -> Path:
        """Folder of the Parquet files of the table `decisions`."""
        return self.folder / "decisions"

    @property
    def answers(self) -> Path:
        """Parquet file of the table `answers`."""
        return self.folder / "answers.parquet"


def ingest_files(
    files: Sequence[LogFile],
    folder: Path,
    rejects: Rejects,
    *,
    stack: str = "",
    rules: Mapping[str, str] | None = None,
    agents: AgentNetworks | None = None,
    report: Callable[[int, str], None] = lambda *_: None,
) -> Ingested:
    """Read files into tables.

    Args:
        files: The logs.
        folder: The work folder, empty.
        rejects: Where lines go that cannot be used.
        stack: The stack's name.
        rules: Names of the deployed rules by uuid.
        agents: The agents' networks.
        report: Called now and then with the number of lines and the file.
    """
    out = Ingested(folder, rejected=rejects.counts)
    out.decisions.mkdir()
    answers: set[AnswerRow] = set()
    known = agents or AgentNetworks()
    with _Writer(out.decisions / "lines.parquet") as writer:
        for number, file in enumerate(files):
            report(out.read, file.name)
            watch = SequenceWatch()
            if file.is_parquet():
                _convert(file, number, out, known, rejects)
                continue
            reader = LineReader(stack=stack, rules=rules or {}, agents=known)
            for line, raw in _read_lines(file, rejects, out):
                out.read += 1
                if out.read % _STEP == 0:
                    report(out.read, file.name)
                try:
                    _read_line(file, line, raw, reader, writer, answers, watch, rejects, out)
                except ForeignTableError as error:
                    rejects.add(file.name, line, UNREADABLE_FILE, str(error), raw.decode("utf-8", "backslashreplace"))
                    break
            out.holes += watch.find_holes()
    found = sorted(answers)
    table = {"name": [one.name for one in found], "address": [one.address for one in found]}
    pq.write_table(pa.table(table, schema=ANSWERS), out.answers)
    assert out.read == sum(out.lines.values()) + sum(out.rejected.values()), "a line is lost between reading and counting"
    return out


def _read_line(
    file: LogFile,
    line: int,
    raw: bytes,
    reader: LineReader,
    writer: _Writer,
    answers: set[AnswerRow],
    watch: SequenceWatch,
    rejects: Rejects,
    out: Ingested,
) -> None:
    text = raw.decode("utf-8", "backslashreplace")
    try:
        if len(raw) > LONGEST_LINE:
            raise UnknownFormatError(f"has more than {LONGEST_LINE} bytes")
        found = reader.read(raw.decode("utf-8").rstrip("\r\n"))
        for answer in found.answers:
            answer.address.encode()
    except ForeignTableError:
        raise
    except UnknownFormatError as error:
        rejects.add(file.name, line, "unknown", str(error), text)
        return
    except (LogFormatError, UnicodeError) as error:
        kind = guess_kind(text)
        is_of_table = reader.has_table and kind not in (Source.GATEWAY_L4, Source.GATEWAY_L7, Source.RESOLVER)
        rejects.add(file.name, line, Source.FLOWIQ.value if is_of_table else kind, str(error), text)
        return
    out.lines[found.kind] += 1
    if found.row:
        writer.add(found.row)
    if found.hole:
        out.holes.append((Source.VPC_FLOW.value, *found.hole))
    if found.sequence and found.row:
        watch.add(*found.sequence, found.row.time)
    answers.update(found.answers)


def guess_kind(text: str) -> str:
    """Return the format that a rejected line seems to have."""
    if "AviatrixGwMicrosegPacket" in text:
        return Source.GATEWAY_L4.value
    if "traffic_server[" in text:
        return Source.GATEWAY_L7.value
    if "query_name" in text:
        return Source.RESOLVER.value
    return Source.FLOWIQ.value if "," in text else Source.VPC_FLOW.value if len(text.split()) > 3 else "unknown"


def _read_lines(file: LogFile, rejects: Rejects, out: Ingested) -> Iterator[tuple[int, bytes]]:
    """Yield each line with its number; a file that ends in the middle of its compression is one reject."""
    line = 0
    try:
        with file.open_lines() as lines:
            for line, raw in enumerate(_split(lines), 1):
                yield line, raw
    except (EOFError, zlib.error, OSError, UnicodeError) as error:
        out.read += 1
        rejects.add(file.name, line + 1, UNREADABLE_FILE, f"cannot be read any further: {error}", "")


def _split(lines: ByteLines) -> Iterator[bytes]:
    while raw := lines.readline(LONGEST_LINE + 1):
        yield raw
        while len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):  # the rest of a line that is too long
            raw = lines.readline(LONGEST_LINE + 1)


def _convert(file: LogFile, number: int, out: Ingested, agents: AgentNetworks, rejects: Rejects) -> None:
    before = sum(rejects.counts.values())
    target = out.decisions / f"flows-{number:06}.parquet"
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(out.folder / "spill")}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            found = convert_flows(
                connection,
                file.path,
                target,
                agents,
                lambda at, reason, text: rejects.add(file.name, at, Source.VPC_FLOW.value, reason, text),
            )
        except (NotFlowsError, duckdb.Error) as error:
            target.unlink(missing_ok=True)
            out.read += 1
            rejects.add(file.name, 0, UNREADABLE_FILE, f"is Parquet and {error}", "")
            return
    out.lines[Source.VPC_FLOW.value] += found.rows
    out.lines[Skipped.NO_DATA.value] += found.no_data
    out.lines[Skipped.SKIPPED_DATA.value] += len(found.holes)
    out.holes += ((Source.VPC_FLOW.value, *hole) for hole in found.holes)
    out.read += found.rows + found.no_data + len(found.holes) + sum(rejects.counts.values()) - before


class _Writer:
    """Writer of rows in batches."""

    def __init__(self, path: Path) -> None:
        self._rows: list[DecisionRow] = []
        self._writer = pq.ParquetWriter(path, DECISIONS, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def add(self, row: DecisionRow) -> None:
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True) if self._rows else ((),) * len(DECISIONS)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, DECISIONS, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=DECISIONS))
        self._rows.clear()

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()


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
