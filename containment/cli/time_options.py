"""Options that take a time or a day: one form, and one refusal of a time on the wrong side of now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from containment.cli.common import refuse_usage
from containment.times import CLOCK_SLACK, convert_to_utc, format_time


def parse_time(option: str, text: str, why: str, *, is_end: bool = False, needs_zone: bool = False) -> datetime:
    """Return the time of an option in UTC, in whole seconds; raise UsageError for a text that is none.

    A day without a time is its start, or with `is_end` the start of the day after; a time without a zone is in UTC.

    Args:
        option: the option's name.
        text: its value, in ISO 8601.
        why: why the command needs it.
        is_end: whether it is the end of a window.
        needs_zone: whether a time without a zone is refused.
    """
    try:
        found = datetime.fromisoformat(text)
        is_local = found.tzinfo is None
        if is_end and len(text) == len("2026-11-01"):
            found += timedelta(days=1)
        utc = convert_to_utc(found.replace(tzinfo=UTC) if is_local else found)
    except (ValueError, OverflowError):
        refuse_usage(option, f"is no time in ISO 8601 ({text!r})", why, "write a time such as 2026-11-29T12:00:00Z, or a day")
    if is_local and needs_zone:
        refuse_usage(option, f"has no time zone ({text!r})", why, f"write {found.isoformat()}Z for UTC")
    return utc.replace(microsecond=0)


def refuse_future(option: str, moment: datetime, why: str, fix: str) -> datetime:
    """Return a time; raise UsageError if it is in the future by more than clocks differ.

    Args:
        option: the option's name.
        moment: its time.
        why: why it cannot be ahead.
        fix: what to do.
    """
    now = datetime.now(UTC)
    if moment > now + CLOCK_SLACK:
        refuse_usage(option, f"is in the future ({format_time(moment)}; now it is {format_time(now)})", why, fix)
    return moment


def refuse_past(option: str, moment: datetime, why: str) -> datetime:
    """Return a time; raise UsageError if it has passed."""
    now = datetime.now(UTC)
    if moment <= now:
        what = f"has passed ({format_time(moment)}; now it is {format_time(now)})"
        refuse_usage(option, what, why, f"write a later time, such as {format_time(now + timedelta(days=90))}")
    return moment


def parse_today(text: str | None, why: str) -> date:
    """Return the day of --today, by default the present one; any day can be asked about."""
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse_usage("--today", f"is not a day ({text!r})", why, "write YYYY-MM-DD, such as 2027-03-31")
