"""Reading of logs for baselines: files are ingested as for `containment observe`, and joined to the traffic of each pair."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from containment.baseline import attribution
from containment.baseline.endpoints import ModelEndpoints
from containment.baseline.exchanges import Pair, PairTraffic, collect_exchanges
from containment.baseline.profile import ProfileInput
from containment.observe.evidence import Gap
from containment.observe.log_facts import find_gaps, make_gap
from containment.observe.questions import ask_minutes
from containment.observe.reading.agents import AgentNetworks
from containment.observe.reading.decision_row import Source
from containment.observe.reading.ingest import Ingested, LogTables, ingest_files, open_tables
from containment.observe.reading.rejects import Rejects
from containment.observe.reading.sources import LogFile, find_log_files

LONGEST_GAP: Final = timedelta(days=1)
"""An idle night is no gap."""
_MODELS = pa.schema([pa.field("name", pa.string()), pa.field("catalog_set", pa.string())])


@dataclass(frozen=True, kw_only=True)
class LogScope:
    """What logs are joined with: the LLM endpoints, the agents' networks (all private ones if none), and the window."""

    endpoints: ModelEndpoints
    agents: Sequence[IPv4Network | IPv6Network] = ()
    since: datetime | None = None
    until: datetime | None = None
    rejects: Path | None = None
    report: Callable[[int, str], None] = lambda *_: None


@dataclass(frozen=True)
class Unattributed:
    """Log lines of an agent that may be model traffic or not, with the reason."""

    agent: str
    source: str
    reason: str
    count: int
    addresses: int


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What logs contain: traffic by pair, lines that are not attributed, lines by kind, and the window of all decisions."""

    pairs: Mapping[Pair, PairTraffic]
    unattributed: tuple[Unattributed, ...]
    inputs: tuple[ProfileInput, ...]
    lines: Mapping[str, int]
    rejected: Mapping[str, int]
    start: datetime | None
    end: datetime | None
    gaps: tuple[Gap, ...] = ()
    """Holes that a log itself shows, and days without a line of one kind of log while another has lines."""


@dataclass(frozen=True)
class ModelTables:
    """The tables of ingested logs and of known model endpoints, and the ingested files."""

    logs: LogTables
    models: Any
    ingested: Ingested
    files: tuple[LogFile, ...]


@contextmanager
def open_logs(paths: Sequence[str], scope: LogScope) -> Iterator[ModelTables]:
    """Ingest logs and open their tables; raises InputError for a path that cannot be read."""
    with tempfile.TemporaryDirectory(prefix="containment-baseline-") as folder:
        work = Path(folder)
        files = find_log_files(paths, work)
        with Rejects(scope.rejects) as refused:
            found = ingest_files(files, work, refused, agents=AgentNetworks.of(scope.agents), report=scope.report)
        with open_tables(found, scope.since, scope.until) as logs:
            names = [row["name"] for row in logs.run(attribution.ask_all_names(logs.decisions, logs.answers))]
            known = [(name, listed) for name in names if (listed := scope.endpoints.find_set(name))]
            table = pa.table({"name": [name for name, _ in known], "catalog_set": [listed for _, listed in known]}, schema=_MODELS)
            pq.write_table(table, work / "models.parquet")
            models = logs.connection.read_parquet(str(work / "models.parquet"), table_name="models")
            yield ModelTables(logs, models, found, tuple(files))


def read_traffic(paths: Sequence[str], scope: LogScope) -> Reading:
    """Return the model traffic in logs; raises InputError for a path that cannot be read."""
    with open_logs(paths, scope) as tables:
        flows = attribution.attribute_flows(tables.logs.decisions, tables.logs.answers, tables.models)
        pairs = collect_exchanges(tables.logs.run(attribution.ask_exchanges(flows)))
        asked = tables.logs.decisions.filter((tables.logs.decisions.source == Source.RESOLVER.value) & tables.logs.decisions.by_agent)
        asked = asked.semi_join(tables.models, [("server_name", "name")])
        daily = asked.mutate(day=asked.time.date()).group_by(["agent", "server_name", "day"]).agg(count=lambda rows: rows.count())
        for row in tables.logs.run(daily):
            traffic = pairs.setdefault(Pair(row["agent"], row["server_name"]), PairTraffic())
            traffic.queries += row["count"]
            traffic.days.add(row["day"].isoformat())
        left = tables.logs.run(attribution.ask_unattributed(tables.logs.decisions, tables.logs.answers, tables.models))
        (window,) = tables.logs.run(tables.logs.decisions.agg(start=tables.logs.decisions.time.min(), end=tables.logs.decisions.time.max()))
        return Reading(
            pairs=dict(sorted(pairs.items())),
            unattributed=tuple(Unattributed(row["agent"], row["source"], row["reason"], row["count"], row["addresses"]) for row in left),
            inputs=tuple(sorted((_digest(file) for file in tables.files), key=lambda one: one.name)),
            lines={str(kind): count for kind, count in sorted(tables.ingested.lines.items()) if count},
            rejected={kind: count for kind, count in sorted(tables.ingested.rejected.items()) if count},
            start=window["start"],
            end=window["end"],
            gaps=tuple(_find_gaps(tables, scope)),
        )


def _find_gaps(tables: ModelTables, scope: LogScope) -> list[Gap]:
    minutes = tables.logs.run(ask_minutes(tables.logs.decisions))
    holes = [make_gap(*hole) for hole in tables.ingested.holes]
    inside = [one for one in holes if (not scope.since or one.end >= scope.since) and (not scope.until or one.start < scope.until)]
    return sorted([*find_gaps(minutes, LONGEST_GAP), *inside], key=lambda one: (one.start, one.source))


def _digest(file: LogFile) -> ProfileInput:
    with file.path.open("rb") as opened:
        return ProfileInput(name=file.name, sha256=hashlib.file_digest(opened, "sha256").hexdigest())
