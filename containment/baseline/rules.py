"""Rules of deviation: each compares one day of a pair with what is usual, as a score that grows with the deviation."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Rule(StrEnum):
    """The rules."""

    NEW_ENDPOINT = "new-endpoint"
    REQUEST_SIZE = "request-size"
    RATIO = "ratio"
    VOLUME = "volume"
    CADENCE = "cadence"
    HOURS = "hours"


LIMITED: Final = tuple(rule for rule in Rule if rule is not Rule.NEW_ENDPOINT)
"""Rules with a limit; an endpoint is new or not."""
MEANINGS: Final = {
    Rule.NEW_ENDPOINT: "the agent never contacted this endpoint while the baseline was learned: a model switch",
    Rule.REQUEST_SIZE: "one request is far larger than the largest usual ones: data may leave inside a prompt",
    Rule.RATIO: "far more went out than came back, in a request of at least the usual size: upload instead of a question",
    Rule.VOLUME: "far more bytes went to the endpoint in one day than on any usual day",
    Rule.CADENCE: "exchanges at nearly equal intervals, as a beacon has them",
    Rule.HOURS: "exchanges in hours of the day that are quiet for this agent",
}
