"""Search of canaries in the logs: the gateway's lines in files or S3, flow records and DNS queries in CloudWatch Logs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from containment.errors import ContainmentError
from containment.logs.errors import LogFormatError
from containment.logs.gateway import SessionLine, parse_gateway_line
from containment.logs.resolver_query import QueryRecord
from containment.logs.vpc_flow import FlowRecord
from containment.observe.reading.sources import find_log_files

SLACK: Final = timedelta(seconds=5)
"""Difference that clocks of two machines may have."""
_PAUSE: Final = 0.5
_T = TypeVar("_T")


class UnreadLogError(ContainmentError):
    """A log could not be read; the text has the reason."""


@dataclass(frozen=True, slots=True)
class GatewayHit:
    """A line of the gateway about a flow to a name."""

    line: str
    record: SessionLine


def await_found(search: Callable[[], _T | None], seconds: float) -> _T | None:
    """Return what a search finds, repeated for some seconds at most, because log lines arrive late."""
    until = time.monotonic() + seconds
    while True:
        found = search()
        if found is not None or time.monotonic() >= until:
            return found
        time.sleep(min(_PAUSE, max(0.0, until - time.monotonic())))


def find_gateway_line(paths: Sequence[str], name: str, since: datetime, ports: frozenset[int] = frozenset()) -> GatewayHit | None:
    """Return the gateway's line about a flow to a name; a line that may be about an earlier flow does not count.

    Args:
        paths: files, folders, `s3://` URLs and `lab:STACK`.
        name: the server name.
        since: when the flow began, at the earliest.
        ports: local ports of the flow. Where they are known, the line has one of them, or no port; where they are not, no difference
            of the clocks is allowed for, because an earlier flow to the same name looks the same.
    """
    hits = _iterate_gateway_hits(paths, name, since - SLACK if ports else since.replace(microsecond=0))
    if not ports:
        return next(hits, None)
    found = [one for one in hits if one.record.source_port in (*ports, 0)]  # 0: the format has no port
    return max(found, key=lambda one: one.record.source_port != 0, default=None)


def _iterate_gateway_hits(paths: Sequence[str], name: str, since: datetime) -> Iterator[GatewayHit]:
    marked = name.encode("ascii")
    with tempfile.TemporaryDirectory(prefix="containment-") as made:
        for file in find_log_files(paths, Path(made)):
            if file.is_parquet():
                continue
            with file.open_lines() as lines:
                for raw in iter(lines.readline, b""):
                    if marked not in raw:
                        continue
                    line = raw.decode("utf-8", "replace").strip()
                    try:
                        record = parse_gateway_line(line)
                    except LogFormatError:
                        continue  # a broken line is no witness
                    if isinstance(record, SessionLine) and record.sni_hostname == name and record.time >= since:
                        yield GatewayHit(line, record)


def find_query_line(logs: Any, group: str, name: str, since: datetime) -> tuple[str, QueryRecord] | None:
    """Return the resolver's line about a query for a name; raise UnreadLogError if the group cannot be read."""
    for line in _iterate_events(logs, group, f'"{name}"', since):
        try:
            record = QueryRecord.parse(line)
        except LogFormatError:
            continue
        if record is not None and record.query_name.rstrip(".").lower() == name.lower():
            return line, record
    return None


def find_flow_line(logs: Any, group: str, source: str, ports: tuple[int | None, int], since: datetime) -> str | None:
    """Return the record of one flow of a host, or None.

    Args:
        logs: the client of CloudWatch Logs.
        group: the log group.
        source: the host's address.
        ports: the local port (None: unknown) and the remote one. Without the local port, no difference of the clocks is allowed for.
        since: when the flow began, at the earliest.

    Raises:
        UnreadLogError: the group cannot be read.
    """
    local, remote = ports
    earliest = since.replace(microsecond=0) if local is None else since - SLACK
    for line in _iterate_events(logs, group, f'"{source}"', since):
        try:
            record = FlowRecord.parse(line)
        except LogFormatError:
            continue
        if record is None or (str(record.source), record.port) != (source, remote) or record.end < earliest:
            continue
        if local in (None, record.source_port):
            return line
    return None


def _iterate_events(logs: Any, group: str, pattern: str, since: datetime) -> Iterator[str]:
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=pattern, startTime=int((since - SLACK).timestamp() * 1000)
        )
        for page in pages:
            yield from (one["message"] for one in page.get("events", ()))
    except (ClientError, BotoCoreError) as error:
        raise UnreadLogError(f"the log group {group} cannot be read: {error}") from None
