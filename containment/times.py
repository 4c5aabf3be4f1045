"""Times with a time zone: converted to UTC, written as text, and how far clocks may differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

CLOCK_SLACK: Final = timedelta(minutes=5)
"""How far the clocks of two machines may differ: a time that is not further ahead is not in the future."""


def convert_to_utc(moment: datetime) -> datetime:
    """Return a time in UTC; raise ValueError if it has no time zone, or if its UTC is before year 1 or after year 9999."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} is no time in UTC: years end at 9999") from None


def format_time(moment: datetime) -> str:
    """Return a time as UTC text, with whole seconds."""
    if moment.tzinfo is UTC and not moment.microsecond:
        return f"{moment.isoformat()[:-6]}Z"  # without +00:00
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat() + "Z"
