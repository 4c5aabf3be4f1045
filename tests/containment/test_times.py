"""A time is converted to UTC, or refused: no time of the calendar's ends crashes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from containment.times import convert_to_utc

EAST, WEST = timezone(timedelta(hours=23, minutes=59)), timezone(-timedelta(hours=23, minutes=59))


def test_a_time_is_the_same_instant_in_utc() -> None:
    assert convert_to_utc(datetime(2026, 11, 30, 1, 0, tzinfo=EAST)) == datetime(2026, 11, 29, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=EAST), datetime.max.replace(tzinfo=WEST), datetime(2026, 11, 30)])  # noqa: DTZ001
def test_a_time_that_utc_does_not_have_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match=re.escape(moment.isoformat())):
        convert_to_utc(moment)
