"""Delivery of the VPC's logs to the log groups that the deployed flow logs and query-log configurations name.

AWS's services write them; the lab's cloud only stores the settings. Lines are sent in batches by one thread. A line whose log group does
not exist is lost, as in AWS, and the loss is reported once per group. The number of waiting lines is bounded, and lines beyond it are
lost and reported too.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

_STREAM: Final = "lab"
_BATCH: Final = 1000
"""Lines per call; CloudWatch Logs takes at most 10,000."""
_WAITING: Final = 20_000
_PAUSE: Final = 0.5


@dataclass(frozen=True)
class LogGroups:
    """The log groups of a VPC's flow logs and of its DNS queries."""

    flows: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()


class LogDelivery:
    """Sends log lines to CloudWatch Logs from a thread; `add_line` never blocks."""

    def __init__(self, connect: Callable[[], Any], report: Callable[[str], None]) -> None:
        self._connect, self._report = connect, report
        self._lines: deque[tuple[str, int, str]] = deque()
        self._streams: set[str] = set()
        self._reported: set[str] = set()
        self._added = threading.Event()
        threading.Thread(target=self._run, name="log-delivery", daemon=True).start()

    def add_line(self, group: str, line: str) -> None:
        """Add a line for a log group."""
        if len(self._lines) >= _WAITING:
            self._report_once(group, "more lines than can be delivered: some are lost")
            return
        self._lines.append((group, int(time.time() * 1000), line))
        self._added.set()

    def _run(self) -> None:
        while True:
            self._added.wait()
            time.sleep(_PAUSE)
            self._added.clear()
            while self._lines:
                batch = [self._lines.popleft() for _ in range(min(_BATCH, len(self._lines)))]
                for group in dict.fromkeys(one for one, _, _ in batch):
                    self._send(group, [{"timestamp": when, "message": line} for one, when, line in batch if one == group])

    def _send(self, group: str, events: list[dict[str, Any]]) -> None:
        try:
            logs = self._connect()
            if group not in self._streams:
                self._create_stream(logs, group)
            logs.put_log_events(logGroupName=group, logStreamName=_STREAM, logEvents=events)
            self._reported.discard(group)
        except (ClientError, BotoCoreError) as error:
            self._streams.discard(group)
            self._report_once(group, f"its lines are lost: {error}")

    def _create_stream(self, logs: Any, group: str) -> None:
        try:
            logs.create_log_stream(logGroupName=group, logStreamName=_STREAM)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
        self._streams.add(group)

    def _report_once(self, group: str, what: str) -> None:
        if group not in self._reported:
            self._reported.add(group)
            self._report(f"log group {group}: {what}")
