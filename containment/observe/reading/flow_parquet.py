# ruff: noqa: S608 - the SQL has the columns of a file, quoted, and constants
"""VPC flow logs in Parquet: DuckDB converts them to rows of `decisions`, because ten million records are too many for a loop in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from containment.logs.aws import PROTOCOL_NUMBERS
from containment.observe.log_facts import parse_address
from containment.observe.reading.agents import AgentNetworks
from containment.observe.reading.decision_row import DECISIONS, Source

_TYPES: Final = {"timestamp[us, tz=UTC]": "TIMESTAMPTZ", "string": "VARCHAR", "bool": "BOOLEAN", "int32": "INTEGER", "int64": "BIGINT"}


@dataclass(frozen=True)
class ConvertedFlows:
    """Counts of a converted file."""

    rows: int
    no_data: int
    holes: tuple[tuple[datetime, datetime], ...]
    """Times whose records AWS skipped (SKIPDATA), one for each such record."""


class NotFlowsError(Exception):
    """A Parquet file without the columns of a flow log."""


def convert_flows(
    connection: Any, source: Path, target: Path, agents: AgentNetworks, reject: Callable[[int, str, str], None]
) -> ConvertedFlows:
    """Write the decisions of a flow log in Parquet to another Parquet file, and return the counts.

    Args:
        connection: A DuckDB connection.
        source: The flow log.
        target: The file to write.
        agents: The agents' networks.
        reject: Called for every unusable record with its number, the reason and its text.

    Raises:
        NotFlowsError: The file has other columns.
    """
    described = connection.read_parquet(str(source)).description
    columns = {row[0].lower().replace("-", "_"): row[0] for row in described}
    types = {row[0]: str(row[1]) for row in described}
    if not ({"start", "action"} <= columns.keys() and {"srcaddr", "pkt_srcaddr"} & columns.keys()):
        raise NotFlowsError(f"has no flow records: its columns are {', '.join(columns.values())}")
    if not {"dstaddr", "pkt_dstaddr"} & columns.keys():
        raise NotFlowsError("has no column dstaddr")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW flows AS {_select_flows(columns, types, str(source))}")
    addresses = connection.execute("SELECT DISTINCT unnest([src, dst]) FROM flows WHERE src IS NOT NULL OR dst IS NOT NULL").fetchall()
    known = [(text, address) for (text,) in addresses if text and (address := parse_address(text)) is not None]
    connection.execute("CREATE OR REPLACE TEMP TABLE addresses (address VARCHAR, spelled VARCHAR, is_agent BOOLEAN)")
    if known:
        import pyarrow as pa

        texts, found = zip(*known, strict=True)
        table = pa.table({"address": texts, "spelled": [str(one) for one in found], "is_agent": [agents.has(one) for one in found]})
        connection.register("known_addresses", table)
        connection.execute("INSERT INTO addresses SELECT * FROM known_addresses")
        connection.unregister("known_addresses")
    bad = f"({_WRONG_STATUS}) OR (status = 'OK' AND ({_BAD}))"
    for number, reason, text in connection.execute(
        f"SELECT number, {_REASON}, text FROM flows LEFT JOIN addresses s ON s.address = src LEFT JOIN addresses d ON d.address = dst"
        f" WHERE {bad}"
    ).fetchall():
        reject(number, reason, text)
    connection.execute(f"COPY ({_SELECT_DECISIONS}) TO '{_quote(str(target))}' (FORMAT PARQUET, COMPRESSION ZSTD)")
    rows = connection.execute(f"SELECT count(*) FROM read_parquet('{_quote(str(target))}')").fetchone()[0]
    no_data = connection.execute("SELECT count(*) FROM flows WHERE status = 'NODATA'").fetchone()[0]
    spans = connection.execute(f"SELECT start_s, end_s FROM flows WHERE status = 'SKIPDATA' AND NOT ({_WRONG_STATUS})").fetchall()
    holes = tuple((datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)) for start, end in spans)
    return ConvertedFlows(rows=rows, no_data=no_data, holes=holes)


def _select_flows(columns: dict[str, str], types: dict[str, str], source: str) -> str:
    """Return the SQL of the flow log under fixed names; NULL where a value is absent, and `is_number` false for text in place of one.

    Args:
        columns: The file's columns by their names of the format.
        types: DuckDB's types of the columns.
        source: The file.
    """

    def column(name: str, kind: str) -> str:
        return f"""TRY_CAST("{columns[name].replace('"', '""')}" AS {kind})""" if name in columns else f"CAST(NULL AS {kind})"

    def seconds(name: str) -> str:
        if not types.get(columns.get(name, ""), "").startswith(("TIMESTAMP", "DATETIME")):
            return column(name, "BIGINT")
        quoted = columns[name].replace('"', '""')
        return f"""CAST(floor(epoch("{quoted}")) AS BIGINT)"""

    def is_number(name: str, kind: str) -> str:
        if types.get(columns.get(name, "")) not in ("VARCHAR", "STRING"):
            return "true"
        text = f"coalesce({column(name, 'VARCHAR')}, '-')"
        return f"({text} = '-' OR {column(name, kind)} IS NOT NULL)"

    def address(side: str) -> str:
        return f"coalesce(nullif({column(f'pkt_{side}addr', 'VARCHAR')}, '-'), nullif({column(f'{side}addr', 'VARCHAR')}, '-'))"

    numbers = " AND ".join(
        is_number(*one) for one in (("srcport", "INTEGER"), ("dstport", "INTEGER"), ("protocol", "INTEGER"), ("bytes", "BIGINT"))
    )
    whole = " || ' ' || ".join(f"coalesce({column(name, 'VARCHAR')}, '-')" for name in columns)
    return (
        f"SELECT file_row_number + 1 AS number, {whole} AS text, {address('src')} AS src, {address('dst')} AS dst,"
        f" {column('srcport', 'INTEGER')} AS sport, {column('dstport', 'INTEGER')} AS dport, {column('protocol', 'INTEGER')} AS proto,"
        f" {column('bytes', 'BIGINT')} AS bytes, {seconds('start')} AS start_s, {seconds('end')} AS end_s, {numbers} AS is_number,"
        f" {column('action', 'VARCHAR')} AS action,"
        f" coalesce({column('interface_id', 'VARCHAR')}, '') AS interface, coalesce({column('log_status', 'VARCHAR')}, 'OK') AS status"
        f" FROM read_parquet('{_quote(source)}', file_row_number = true)"
    )


_LAST_SECOND: Final = 253402300799
_WRONG_STATUS: Final = (
    "status NOT IN ('OK', 'NODATA', 'SKIPDATA') OR (status = 'SKIPDATA' AND (start_s IS NULL OR end_s IS NULL"
    f" OR least(start_s, end_s) < 0 OR greatest(start_s, end_s) > {_LAST_SECOND}))"
)
_BAD: Final = (
    f"NOT is_number OR s.address IS NULL OR d.address IS NULL OR start_s IS NULL OR start_s < 0 OR start_s > {_LAST_SECOND}"
    " OR action IS NULL OR action NOT IN ('ACCEPT', 'REJECT') OR bytes < 0 OR sport < 0 OR sport > 65535 OR dport < 0 OR dport > 65535"
)
_REASON: Final = (
    f"CASE WHEN {_WRONG_STATUS} THEN 'log-status is unknown, or SKIPDATA without a time'"
    " WHEN s.address IS NULL THEN 'srcaddr is no address' WHEN d.address IS NULL THEN 'dstaddr is no address'"
    f" WHEN start_s IS NULL OR start_s < 0 OR start_s > {_LAST_SECOND} THEN 'start is no time'"
    " WHEN action IS NULL OR action NOT IN ('ACCEPT', 'REJECT') THEN 'action is neither ACCEPT nor REJECT'"
    " WHEN NOT is_number THEN 'a port, the protocol or the number of bytes is no number'"
    " ELSE 'a port or the number of bytes is out of range' END"
)
_ANSWER: Final = (
    "(action = 'ACCEPT' AND ((d.is_agent AND NOT s.is_agent)"
    " OR (d.is_agent AND s.is_agent AND coalesce(sport, 0) < 1024 AND coalesce(dport, 0) >= 1024)))"
)
_PROTOCOL: Final = (
    "CASE coalesce(proto, 0) " + " ".join(f"WHEN {number} THEN '{name}'" for name, number in PROTOCOL_NUMBERS.items())
) + " ELSE CAST(coalesce(proto, 0) AS VARCHAR) END"
_VALUES: Final = {
    "time": "to_timestamp(start_s)",
    "source": f"CASE WHEN s.is_agent OR {_ANSWER} THEN '{Source.VPC_FLOW}' ELSE '{Source.VPC_INBOUND}' END",
    "sender": "interface",
    "agent": f"CASE WHEN {_ANSWER} THEN d.spelled ELSE s.spelled END",
    "by_agent": f"s.is_agent OR {_ANSWER}",
    "server_name": "NULL",
    "address": f"CASE WHEN {_ANSWER} THEN s.spelled ELSE d.spelled END",
    "port": f"nullif(CASE WHEN {_ANSWER} THEN sport ELSE dport END, 0)",
    "protocol": _PROTOCOL,
    "rule": "CASE action WHEN 'REJECT' THEN 'vpc' END",
    "known_rule": "true",
    "verdict": "CASE action WHEN 'REJECT' THEN 'DENY' ELSE 'PERMIT' END",
    "enforced": "true",
    "flow": "NULL",
    "upstream": "NULL",
    "bytes_out": f"CASE WHEN NOT {_ANSWER} THEN coalesce(bytes, 0) END",
    "bytes_in": f"CASE WHEN {_ANSWER} THEN coalesce(bytes, 0) END",
}
_SELECT_DECISIONS: Final = (
    "SELECT "
    + ", ".join(f"CAST({_VALUES[field.name]} AS {_TYPES[str(field.type)]}) AS {field.name}" for field in DECISIONS)
    + " FROM flows LEFT JOIN addresses s ON s.address = src LEFT JOIN addresses d ON d.address = dst"
    + f" WHERE status = 'OK' AND NOT coalesce({_BAD}, false)"
)


def _quote(text: str) -> str:
    return text.replace("'", "''")
