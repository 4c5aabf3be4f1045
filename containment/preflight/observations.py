"""The check of scheduled observation: whether the last run of a stack is there, complete and recent."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.errors import InputError
from containment.loaders.observation_runs import ObservationRun, find_results_folder, read_last_run
from containment.preflight.finding import Finding, Status

ID: Final = "observation"
_CLOCKS: Final = timedelta(minutes=5)
"""The most by which two clocks may differ."""


def check_last_observation(spec: ContainmentSpec, now: datetime, *, folder: Path = Path()) -> Finding:
    """Return whether a stack was observed in time.

    FAIL for a run that is missing, changed, of the future or too old; WARN for one that read no new line or no decision of the gateway;
    SKIPPED where observation is not scheduled.

    Args:
        spec: the stack.
        now: the present moment.
        folder: the folder with the stack files.
    """
    results = spec.config.observe_results
    if not results:
        what = f"no observation of {spec.stack} is scheduled: observeResults is not set"
        return Finding(ID, Status.SKIPPED, what, f"containment observe --stack {spec.stack} --write-timer FOLDER")
    place = find_results_folder(results, spec.stack, folder)
    command = f"containment observe --stack {spec.stack} --since 14d --results {results}"
    try:
        run = read_last_run(place, spec.stack, command)
    except InputError as error:
        problem = error.problems[0]
        return Finding(ID, Status.FAIL, f"{problem.where}: {problem.what}", f"{problem.fix}; look at the timer's log")
    return _judge_run(run, spec.config.observe_max_age_hours, now, command)


def _judge_run(run: ObservationRun, hours: int, now: datetime, command: str) -> Finding:
    if run.at > now + _CLOCKS:
        return Finding(
            ID, Status.FAIL, f"the last observation is of {run.at.isoformat()}, in the future", "correct the clock, observe again"
        )
    age = now - run.at
    when = f"{_format_hours(age)} ago"
    if age > timedelta(hours=hours):
        what = f"the last observation is of {run.at.isoformat()}, {when}; at most {hours} h are allowed (observeMaxAgeHours)"
        return Finding(ID, Status.FAIL, what, f"{command}; look at the timer's log")
    found = f"observed {when}: enforce mode would deny {run.would_be_denied} destinations ({run.evidence})"
    if run.window_end is None or now - run.window_end > timedelta(hours=hours):
        newest = "there is none" if run.window_end is None else f"it is of {run.window_end.isoformat()}"
        what = f"observed {when}, but the newest log line is too old: {newest}"
        return Finding(ID, Status.WARN, what, "an idle agent has no lines; else find out why the logs are not delivered")
    if not run.is_judged:
        what = f"observed {when}, but the logs have no decision of the gateway, so denials are NOT TESTED"
        return Finding(ID, Status.WARN, what, "give the timer the log group or the bucket of the gateway's logs")
    return Finding(ID, Status.PASS, found)


def _format_hours(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"
