"""The deadline of a command under the launcher: `--deadline`, its refusals, and the event that records the end."""

from __future__ import annotations

import math
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from containment.confinement.deadline import Deadline
from containment.errors import InputError, Problem

if TYPE_CHECKING:
    from containment.launcher.events.event_log import EventLog
    from containment.launcher.events.ocsf import Policy

_LONGEST = 30 * 24 * 3600


class TimeLimit(NamedTuple):
    """The seconds until a command ends, and the grace between SIGTERM and SIGKILL."""

    seconds: float
    grace: float


def parse_time_limit(text: str, grace: float, now: datetime | None = None) -> TimeLimit:
    """Return a limit from `+SECONDS` or a time with its zone; raise InputError for another form, and for a moment that has passed.

    Args:
        text: the value of --deadline.
        grace: the value of --grace.
        now: the present moment; the clock's by default.
    """
    problems = []
    seconds = _read_seconds(text, now or datetime.now(UTC))
    why = "a command without an end that is known is not started with a deadline"
    if seconds is None:
        problems.append(
            Problem(f"--deadline {text}", "is neither +SECONDS nor a time with its zone", why, f"write +3600 or {_propose(now)}")
        )
    elif seconds <= 0:
        problems.append(Problem(f"--deadline {text}", "has passed", "the command would be ended before it began", f"write {_propose(now)}"))
    elif seconds > _LONGEST:
        problems.append(
            Problem(f"--deadline {text}", "is more than 30 days from now", "a place that ends, ends soon", f"write {_propose(now)}")
        )
    if not math.isfinite(grace) or not 0 <= grace <= 3600:
        problems.append(Problem(f"--grace {grace:g}", "is not a number from 0 to 3600", "the end would not be known", "write --grace 30"))
    if problems:
        raise InputError("the command cannot be started", problems)
    assert seconds is not None, "any other value is a problem"
    return TimeLimit(seconds, grace)


def build_deadline(limit: TimeLimit, policy: Policy, program: str, events: EventLog) -> Deadline:
    """Return the deadline of a session that begins now; each of its steps is an event, and a line on stderr."""
    from containment.launcher.events.ocsf import Kind, Subject, build_event

    def note(text: str) -> None:
        print(f"containment-sandbox: {text}", file=sys.stderr)
        events.write(build_event(policy, Subject(process=0, program=program), Kind.DEADLINE, text, time.time()))

    return Deadline.build_after(limit.seconds, limit.grace, note)


def _read_seconds(text: str, now: datetime) -> float | None:
    if text.startswith("+"):
        try:
            seconds = float(text[1:])
        except ValueError:
            return None
        return seconds if math.isfinite(seconds) else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment - now).total_seconds() if moment.tzinfo is not None else None


def _propose(now: datetime | None) -> str:
    found = datetime.fromtimestamp((now or datetime.now(UTC)).timestamp() + 3600, UTC)
    return f"{found:%Y-%m-%dT%H:%M:%SZ}"
