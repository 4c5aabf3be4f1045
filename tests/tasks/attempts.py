"""Attempts to leave a task's scope: run all of a task in one command, bare and confined, and judge each by its evidence and its event."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict

from tests.tasks.scopes import TaskScope
from tests.tasks.sites import MODEL_GATEWAY
from tests.tasks.world import Done, World

FILE: Final = Path(__file__).parent / "attempts.yaml"
_PYTHON: Final = """
import contextlib, os, socket, subprocess, urllib.request
def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"})
    print(done.stdout, done.stderr)
def fetch(address, body=None):
    print(urllib.request.urlopen(address, body, timeout=20).read().decode())
def query(label):
    question = bytes.fromhex("000101000001000000000000") + bytes([len(label)]) + label.encode() + bytes.fromhex("0000010001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(question, ("8.8.8.8", 53))
for place, text in enumerate(TEXTS):
    with open(f"{os.environ['HOME']}/attempt-{place}", "w") as out, contextlib.redirect_stdout(out):
        try:
            exec(text)
        except Exception as error:
            print("failed:", type(error).__name__)
"""
"""Runs each text, and writes what it prints to a file of its own."""
_LABEL: Final = 33
"""Length of a mark: that of the DNS label in the shell's query."""


class Verdict(StrEnum):
    """What became of an attempt."""

    STOPPED = "stopped"
    """It succeeds bare and not confined, and the log has its event."""
    UNRECORDED = "stopped, no event"
    ESCAPED = "ESCAPED"
    NOT_TESTED = "NOT TESTED"
    """It does not even succeed bare, so that its end confined is no evidence."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Model):
    """The text that a successful attempt leaves: one of the keys is set."""

    output: str | None = None
    received: str | None = None
    files: str | None = None


class Event(_Model):
    """The rule that denies, the program that tried, and the target: a path, a host, or the beginning of one."""

    rule: str
    program: str
    target: str


class Attempt(_Model):
    """One attempt; `stopped` None: a denial that the log has no event of."""

    id: str
    kind: str
    run: str
    evidence: Evidence
    stopped: Event | None

    def make_mark(self, run: str) -> str:
        """Return a word that no other attempt and no other run uses."""
        return f"{run}-{self.id}".ljust(_LABEL, "x")[:_LABEL]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One attempt in one run: what it printed, and whether its evidence was found."""

    output: str
    has_succeeded: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An attempt with its verdict and the events of the confined run that are about it."""

    attempt: Attempt
    verdict: Verdict
    events: tuple[Event, ...]
    bare: str
    confined: str


def read_attempts() -> dict[str, tuple[Attempt, ...]]:
    """Return the attempts of every task."""
    return {task: tuple(map(Attempt.model_validate, each)) for task, each in yaml.safe_load(FILE.read_text()).items()}


def try_attempts(world: World, scope: TaskScope, attempts: Sequence[Attempt], profile: str | None = None) -> list[Outcome]:
    """Run the attempts bare and confined and return the outcome of each.

    Args:
        world: the machine.
        scope: the task.
        attempts: the attempts.
        profile: the text of another profile than the task's.
    """
    runs = []
    for confined in (False, True):
        run = f"confined{world.sessions}" if confined else "bare"
        command = _build_command(scope, [one.run.replace("MARK", one.make_mark(run)) for one in attempts])
        runs.append(observe_attempts(world, scope, attempts, run, command, confined=confined, profile=profile))
        world.restore()
    (bare, _), (confined_, done) = runs
    denials = list_denials(done, scope)
    return [judge(*each, denials) for each in zip(attempts, bare, confined_, strict=True)]


def list_denials(done: Done, scope: TaskScope) -> list[Event]:
    """Return the denials of a confined run that name its task."""
    assert done.events, f"the launcher did not start: {done.errors}"
    return [describe_event(one) for one in done.events if one["action"] == "Denied" and one["unmapped"].get("task") == scope.name]


def judge(attempt: Attempt, bare: Observation, confined: Observation, events: Sequence[Event]) -> Outcome:
    """Return the outcome of one attempt, with the events of the whole run."""
    own = tuple(one for one in events if attempt.stopped is not None and _is_expected(one, attempt.stopped))
    verdict = Verdict.STOPPED if own else Verdict.UNRECORDED
    if not bare.has_succeeded:
        verdict = Verdict.NOT_TESTED
    elif confined.has_succeeded:
        verdict = Verdict.ESCAPED
    return Outcome(attempt=attempt, verdict=verdict, events=own, bare=bare.output, confined=confined.output)


def describe_event(event: dict[str, Any]) -> Event:
    """Return the rule, program and target of a denial."""
    program = event["actor"]["process"].get("file", {}).get("path", "")
    if event["class_uid"] == 4001:
        place = event["dst_endpoint"]
        return Event(rule=event["firewall_rule"]["name"], program=program, target=place.get("hostname") or place["ip"])
    rule, _, target = event["message"].partition(": ")
    return Event(rule=rule, program=program, target=target)


def format_outcomes(scope: TaskScope, outcomes: Sequence[Outcome]) -> str:
    """Return a table of outcomes, with the reason of every NOT TESTED."""
    lines = []
    for one in outcomes:
        event = one.events[0] if one.events else None
        shown = f"{event.rule} ({event.program})" if event else "-"
        lines.append(f"{scope.name:<12} {one.attempt.kind:<14} {one.attempt.id:<28} {one.verdict:<18} {shown}")
        if one.verdict is Verdict.NOT_TESTED:
            lines.append(f"    does not succeed bare: {one.bare.strip()[:300]}")
    return "\n".join(lines)


def _is_expected(event: Event, expected: Event) -> bool:
    programs = {expected.program, os.path.realpath(expected.program)}
    fits = event.target.startswith(expected.target) if expected.target.endswith("/") else event.target == expected.target
    return fits and event.rule == expected.rule and event.program in programs


def observe_attempts(
    world: World,
    scope: TaskScope,
    attempts: Sequence[Attempt],
    run: str,
    command: tuple[str, ...],
    *,
    confined: bool,
    profile: str | None = None,
) -> tuple[list[Observation], Done]:
    """Run a command that makes all attempts, and return what became of each.

    Args:
        world: the machine.
        scope: the task.
        attempts: the attempts; what the Nth prints is in the file `attempt-N` of the task's home afterwards.
        run: the name of the run, for the marks.
        command: the command.
        confined: whether it runs under the launcher.
        profile: the text of another profile than the task's.
    """
    world.clear_home(scope)
    before = len(world.read_received())
    done = world.run(scope, command, confined=confined, profile=profile)
    found = []
    for place, one in enumerate(attempts):
        path = world.find_home(scope) / f"attempt-{place}"
        assert path.exists(), f"{one.id} did not run: {done.errors}"
        found.append(find_evidence(world, one, run, before, path.read_text(errors="replace")))
    return found, done


def find_evidence(world: World, attempt: Attempt, run: str, before: int, output: str) -> Observation:
    """Return whether an attempt of a run left its evidence.

    Args:
        world: the machine.
        attempt: the attempt.
        run: the name of the run.
        before: how many requests the servers had received before the run.
        output: what the attempt printed.
    """
    found = [one for one in world.read_received()[before:] if one["address"] != MODEL_GATEWAY]  # it gets the text that the agent read
    received = "\n".join(map(str, found))
    wanted = attempt.evidence.model_dump(exclude_none=True)
    assert len(wanted) == 1, f"{attempt.id}: one kind of evidence"
    ((where, text),) = wanted.items()
    places = {"output": output, "received": received, "files": world.read_outside() if where == "files" else ""}
    return Observation(output=output, has_succeeded=text.replace("MARK", attempt.make_mark(run)) in places[where])


def _build_command(scope: TaskScope, texts: Sequence[str]) -> tuple[str, ...]:
    """Return one command of the task's own programs that runs each text."""
    if "/usr/bin/python3" in scope.profile.programs:
        return ("/usr/bin/python3", "-c", f"TEXTS = {[*texts]!r}\n{_PYTHON}")
    parts = [f'(\n{text}\n) >"$HOME/attempt-{place}" 2>&1 </dev/null' for place, text in enumerate(texts)]
    return ("/usr/bin/bash", "-c", "\n".join([*parts, "true"]))
