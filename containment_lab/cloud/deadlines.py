"""What ends by itself in the lab's cloud: schedules that are due, and hosts whose own timer is over; and the clock that it is due by.

Of EventBridge Scheduler's targets the lab has one, EC2's TerminateInstances. No host boots here, so the command that its user data has for
its own end (`containment.host.first_boot`) is read instead; as on AWS, an instance that switches itself off is terminated only if its
instance-initiated shutdown behavior is `terminate`, and is stopped otherwise. The clock can be set ahead, so that no deadline need be
waited for.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from containment.host.first_boot import OVERDUE_PATTERN

_AT: Final = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_TARGET: Final = ":scheduler:::aws-sdk:ec2:terminateInstances"
_ENDED: Final = frozenset({"terminated", "shutting-down"})
_done: set[tuple[str, str]] = set()
_TICK_SECONDS: Final = 1.0
"""Pause between two ticks."""


@dataclass
class LabClock:
    """A clock that is some seconds ahead of the machine's."""

    ahead: float = 0.0

    def read(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self.ahead


def start_ticking(tick: Callable[[], None]) -> None:
    """Call a function every second, in a thread that ends with the process; an error of one call is printed, and the next one is made."""

    def run() -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            try:
                tick()
            except Exception as error:  # noqa: BLE001 - the cloud goes on
                print(f"the cloud's clock: {type(error).__name__}: {error}", flush=True)

    threading.Thread(target=run, name="clock", daemon=True).start()


def end_overdue(now: float) -> list[str]:
    """End every instance that is due at a moment (seconds since 1970); return what was done, in words."""
    from moto.ec2.models import ec2_backends
    from moto.scheduler.models import scheduler_backends

    out = []
    for account, regions in list(scheduler_backends.items()):
        for region, backend in list(regions.items()):
            out += list(_run_schedules(backend, ec2_backends[account][region], now))
    for regions in list(ec2_backends.values()):
        for backend in list(regions.values()):
            out += list(_run_timers(backend, now))
    return out


def _run_schedules(scheduler: Any, ec2: Any, now: float) -> Iterator[str]:
    for group in scheduler.schedule_groups.values():
        for schedule in group.schedules.values():
            moment = find_moment(schedule.schedule_expression, schedule.schedule_expression_timezone)
            run = (schedule.arn, schedule.schedule_expression)  # a schedule runs once per moment
            if schedule.state != "ENABLED" or moment is None or moment > now or run in _done:
                continue
            _done.add(run)
            if str(schedule.target.get("Arn", "")).endswith(_TARGET):
                for ident in json.loads(schedule.target.get("Input") or "{}").get("InstanceIds", []):
                    if _is_running(ec2, ident):
                        ec2.terminate_instances([ident])
                        yield f"{ident} by the schedule {schedule.name}"


def find_moment(expression: str, zone: str | None) -> float | None:
    """Return the moment of an `at()` expression as seconds since 1970, None for another expression."""
    found = _AT.fullmatch(expression)
    return datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(zone or "UTC")).timestamp() if found else None


def _run_timers(ec2: Any, now: float) -> Iterator[str]:
    for reservation in list(ec2.reservations.values()):
        for instance in reservation.instances:
            moment = find_own_end(instance.user_data)
            if moment is None or moment > now or instance.state not in ("running", "pending"):
                continue
            if instance.instance_initiated_shutdown_behavior == "terminate":
                ec2.terminate_instances([instance.id])
            else:
                ec2.stop_instances([instance.id])
            yield f"{instance.id} by its own timer"


def find_own_end(user_data: Any) -> float | None:
    """Return the moment at which a host switches itself off by its user data, None without one."""
    texts = user_data if isinstance(user_data, list) else [user_data]
    for each in texts:
        raw = each if isinstance(each, bytes) else str(each or "").encode()
        for text in (raw, _decode(raw)):
            if found := re.search(OVERDUE_PATTERN.encode(), text):
                return float(found[1])
    return None


def _decode(raw: bytes) -> bytes:
    try:
        return base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_running(ec2: Any, ident: str) -> bool:
    found = [one for reservation in ec2.reservations.values() for one in reservation.instances if one.id == ident]
    return any(one.state not in _ENDED for one in found)
