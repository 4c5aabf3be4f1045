"""Profiles: what is usual per agent and LLM endpoint, as a JSON file that people review and `baseline check` reads.

The file is whole or absent, and replaced only on request, because it was reviewed.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from containment.baseline.exchanges import Pair, Unit
from containment.errors import InputError, Problem
from containment.files import input_files
from containment.files.whole_files import write_whole
from containment.fixes.model_findings import list_problems
from containment.observe.reading.decision_row import Source
from containment.reviewed_data import ReviewedModel

SCHEMA: Final = "containment-baseline-profile/v1"
HOURS: Final = 24
_MOST_BYTES: Final = 64 << 20
Count: TypeAlias = Annotated[int, Field(ge=0)]
Value: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Usual(ReviewedModel):
    """Robust statistics of one feature: quantiles are values that occurred, `mad` is the median absolute deviation.

    `spread` is the factor between usual values, computed from the logarithms; 1 where all values are equal.
    """

    count: Annotated[int, Field(ge=1)]
    median: Value
    mad: Value
    spread: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    q05: Value
    q25: Value
    q75: Value
    q95: Value
    q99: Value

    @model_validator(mode="after")
    def _check_order(self) -> Usual:
        if not self.q05 <= self.q25 <= self.median <= self.q75 <= self.q95 <= self.q99:
            raise ValueError("quantiles are not in ascending order")
        return self


class NotMeasured(ReviewedModel):
    """A feature, or with an empty feature a whole pair or log, that the logs cannot give, with the reason."""

    agent: str = ""
    endpoint: str = ""
    feature: str = ""
    reason: str


class PairProfile(ReviewedModel):
    """What is usual for one agent and one LLM endpoint; None is NOT MEASURED.

    `request_bytes` and `response_bytes` are of one exchange, `ratio` is the first divided by the second, `daily_bytes` are the bytes to
    the endpoint per active day, `gap_seconds` lie between the beginnings of exchanges. `longest_run` is the largest number of nearly equal
    gaps in a row on one day. `hours` are exchanges by hour of the day (UTC).
    """

    agent: str
    endpoint: str
    source: Source
    unit: Unit
    exchanges: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1)]
    first_day: date
    last_day: date
    request_bytes: Usual | None
    response_bytes: Usual | None
    ratio: Usual | None
    daily_bytes: Usual | None
    daily_exchanges: Usual
    gap_seconds: Usual | None
    longest_run: Count
    hours: tuple[Count, ...]

    @model_validator(mode="after")
    def _check_hours(self) -> PairProfile:
        if len(self.hours) != HOURS or sum(self.hours) != self.exchanges:
            raise ValueError(f"hours needs {HOURS} counts whose sum is `exchanges`")
        return self

    @property
    def pair(self) -> Pair:
        """The agent and the endpoint."""
        return Pair(self.agent, self.endpoint)


class KnownEndpoint(ReviewedModel):
    """An LLM endpoint that an agent used too little to learn from.

    `contacted` is False where every flow was refused or only queries were seen. Doing the same again is no deviation.
    """

    agent: str
    endpoint: str
    contacted: bool


class ProfileInput(ReviewedModel):
    """A log file that was learned from, with the SHA-256 of its bytes."""

    name: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Profile(ReviewedModel):
    """The whole file: pairs that were learned, endpoints that are only known, and what was not measured."""

    schema_: Annotated[Literal["containment-baseline-profile/v1"], Field(alias="schema")] = SCHEMA
    start: AwareDatetime
    end: AwareDatetime
    inputs: tuple[ProfileInput, ...]
    pairs: tuple[PairProfile, ...]
    known: tuple[KnownEndpoint, ...] = ()
    not_measured: tuple[NotMeasured, ...] = ()

    def list_endpoints(self) -> list[str]:
        """Return every endpoint in the profile."""
        return sorted({one.endpoint for one in self.pairs} | {one.endpoint for one in self.known})

    @model_validator(mode="after")
    def _check_repeats(self) -> Profile:
        names = [(one.agent, one.endpoint) for one in self.pairs] + [(one.agent, one.endpoint) for one in self.known]
        if repeated := sorted({f"{agent} and {endpoint}" for agent, endpoint in names if names.count((agent, endpoint)) > 1}):
            raise ValueError(f"has {', '.join(repeated)} twice")
        return self


def render_profile(profile: Profile) -> str:
    """Return the file's text."""
    return json.dumps(profile.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=True) + "\n"


def read_profile(path: Path) -> Profile:
    """Return the profile of a file; raises InputError with every mistake in it."""
    how = "write one with containment baseline learn PATH --out FILE, and give --profile FILE"
    title = "the baseline cannot be used"
    try:
        return Profile.model_validate_json(json.dumps(input_files.read_json(path, _MOST_BYTES)))
    except input_files.InputFileError as error:
        raise InputError(title, [error.make_problem("without a baseline nothing is unusual", how)]) from None
    except ValidationError as error:
        why = "a value that is missing or wrong would hide a deviation"
        raise InputError(title, list_problems(str(path), error, Profile, why=why, fix=how)) from None


def check_target(path: Path, *, replace: bool) -> None:
    """Raise InputError if a baseline exists that is not to be replaced; called before the logs are read."""
    if path.exists() and not replace:
        fix = "name another file with --out, or give --replace and have the difference reviewed"
        raise InputError("no baseline is written", [Problem(str(path), "exists already", "it was reviewed", fix)])


def write_profile(path: Path, profile: Profile) -> None:
    """Write a baseline."""
    write_whole(path, render_profile(profile))
