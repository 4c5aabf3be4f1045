"""Rules of deviation, and their thresholds: data in `thresholds.yaml`, with the command that chose them.

Each rule compares one day of a pair with what is usual, as a score that grows with the deviation.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, model_validator

from containment.loaders.strict_yaml import load
from containment.reviewed_data import ReviewedModel


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


PATH: Final = Path(__file__).with_name("thresholds.yaml")
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Thresholds(ReviewedModel):
    """The thresholds.

    `fewest_exchanges` and `fewest_days` are needed to learn a pair. `least_spread` is the smallest factor that counts as a spread.
    `run_tolerance`, `shortest_gap_seconds` and `least_run` define nearly equal gaps. An hour is quiet if each hour within
    `quiet_margin_hours` of it has at most `quiet_share` of all exchanges; `most_per_hour` exchanges of a quiet hour count, so that one busy
    hour is no shift. `limits` are the largest usual scores by rule.
    """

    fewest_exchanges: Annotated[int, Field(ge=1)]
    fewest_days: Annotated[int, Field(ge=1)]
    least_spread: Annotated[float, Field(gt=1, allow_inf_nan=False)]
    run_tolerance: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    shortest_gap_seconds: Positive
    least_run: Annotated[int, Field(ge=1)]
    quiet_share: Annotated[float, Field(ge=0, lt=1)]
    quiet_margin_hours: Annotated[int, Field(ge=0, le=11)]
    most_per_hour: Annotated[int, Field(ge=1)]
    limits: Mapping[Rule, Positive]

    @model_validator(mode="after")
    def _check_limits(self) -> Thresholds:
        if {*self.limits} != {*LIMITED}:
            raise ValueError(f"limits needs exactly the rules {', '.join(LIMITED)}")
        return self


@functools.cache
def load_thresholds(path: Path = PATH) -> Thresholds:
    """Return the thresholds of a file."""
    return Thresholds.model_validate(load(path.read_text(encoding="utf-8")))
