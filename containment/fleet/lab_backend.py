"""The lab as a fleet's engine: one `containment lab` process per command, and the lab's checkpoints.

The lab is imported by name and on first use, so that a fleet on Pulumi needs no extra `lab`.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from containment.exit_code import Exit
from containment.extras import LAB
from containment.fleet.backend import Backend, BackendName, Children, Deployment, Outcome, Task, Verb, describe_deployment
from containment.fleet.checks import PLATFORM_PROJECT
from containment.fleet.members import ACCOUNT, CONTROLLER
from containment.loaders.stack_file import PROJECT

_LOCK_SECONDS: Final = 60.0
"""The longest wait for a lock: an interrupted run frees it after recording what was under way."""
_LOCK_PAUSE: Final = 1.0
_LOCKED: Final = re.compile(r"stack (\S+) is locked: .*?\(pid (\d+), since ([^)]*)\)")
_EXITS: Final = {one.value: one for one in Exit}
_ENDED_BY_FLEET: Final = (-signal.SIGINT, -signal.SIGKILL)
"""Exit codes of a process that a signal of the fleet ended before it could handle it."""
_OF_THE_LAB: Final = frozenset({ACCOUNT, CONTROLLER})
"""Values of a site that the lab has its own of."""


def open_backend(folder: Path) -> Backend:
    """Return the lab in force; end the command if the extra `lab` is not installed."""
    LAB.require()
    return LabBackend(folder)


class LabBackend:
    """The lab of `CONTAINMENT_LAB_HOME`, with one Controller for all sites."""

    name = BackendName.LAB
    one_controller = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children = Children()
        self._stopping = threading.Event()

    def list_deployments(self) -> dict[str, Deployment]:
        """Return the deployed stacks of the project by name; nothing is created or started."""
        home = import_module("containment_lab.home").LabHome.find()
        read = import_module("containment_lab.formats.checkpoint_file").read_checkpoint
        found = {}
        for path in home.find_stacks():
            if path.parent.name != PROJECT:
                continue
            checkpoint = read(path)
            if deployment := describe_deployment(path.stem, checkpoint.deployment, _find_loss(home, checkpoint)):
                found[path.stem] = deployment
        return found

    def list_platforms(self) -> set[str]:
        """Return the deployed stacks of the platform."""
        home = import_module("containment_lab.home").LabHome.find()
        read = import_module("containment_lab.formats.checkpoint_file").read_deployment
        return {path.stem for path in home.find_stacks() if path.parent.name == PLATFORM_PROJECT and read(path).get("resources")}

    def run(self, task: Task, report: Callable[[str], None]) -> Outcome:
        """Run `containment lab VERB` to its end, and wait for the lock of a run that is ending."""
        if task.verb is Verb.DESTROY and not task.is_platform:
            self._end_network(task)
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            outcome = self._run_once(task, report)
            if outcome.exit is not Exit.LOCKED or time.monotonic() > deadline or self._stopping.wait(_LOCK_PAUSE):
                return outcome
            report(f"waiting for the lock: {outcome.reason}")

    def interrupt(self, *, kill: bool) -> None:
        """End every running command."""
        self._stopping.set()
        self._children.interrupt(kill=kill)

    def _run_once(self, task: Task, report: Callable[[str], None]) -> Outcome:
        command = [sys.executable, "-m", "containment", "lab", task.verb.value, "-C", str(task.folder), "--stack", task.stack, "--json"]
        if task.verb is not Verb.DESTROY:
            command += ["--policy-pack", str(self._folder.resolve() / "policypack")]
            given = [f"{key}={value}" for key, value in task.config.items() if key not in _OF_THE_LAB]
            command += [word for one in given for word in ("--config", one)]
        remarks: list[str] = []

        def read_remarks(stream: Any) -> None:
            for line in stream:
                if text := line.rstrip():
                    remarks.append(text)
                    report(text)

        with self._children.start(command, self._folder, {**os.environ, "NO_COLOR": "1"}) as process:
            assert process.stdout is not None
            reader = threading.Thread(target=read_remarks, args=(process.stderr,))
            reader.start()
            text = process.stdout.read()
            reader.join()
        return build_outcome(process.returncode, text, remarks, task, stopping=self._stopping.is_set())

    def _end_network(self, task: Task) -> None:
        """End the stack's network, which sends packets through what is about to be deleted."""
        home = import_module("containment_lab.home").LabHome.find()
        if not home.get_network_folder(task.stack).exists():
            return
        command = [sys.executable, "-m", "containment", "lab", "world", "down", "--stack", task.stack]
        with self._children.start(command, self._folder, os.environ) as process:
            process.communicate()


def build_outcome(code: int, text: str, remarks: list[str], task: Task, *, stopping: bool = False) -> Outcome:
    """Return the outcome of a `containment lab` command from its exit code, its JSON object and its remarks.

    Args:
        code: the exit code, negative after a signal.
        text: what it wrote to stdout.
        remarks: the lines of stderr.
        task: the command.
        stopping: whether the fleet has sent it a signal.
    """
    again = f"run the same command again; alone: containment lab {task.verb.value} --stack {task.stack}"
    again += f" -C {task.folder}" if task.is_platform else ""
    if code in _ENDED_BY_FLEET and stopping:
        return Outcome(exit=Exit.INTERRUPTED, reason="ended at once; what was under way is in its state as pending", fix=again)
    if code not in _EXITS:
        reason = f"ended by signal {-code}" if code < 0 else f"ended with {code}: {remarks[-1] if remarks else 'no message'}"
        return Outcome(exit=Exit.ERROR, reason=reason, fix=again)
    try:
        document: dict[str, Any] = json.loads(text) if text.strip() else {}
    except ValueError:
        document = {}
    changes = {str(kind): int(count) for kind, count in (document.get("changes") or {}).items() if count}
    if code == Exit.OK:
        if not document:
            return Outcome(exit=Exit.ERROR, reason="ended without a result", fix=again)
        return Outcome(exit=Exit.OK, changes=changes)
    reason = _find_reason(document, remarks)
    if code == Exit.LOCKED and (match := _LOCKED.search(reason)):
        fix = f"wait for that run to end, or end it with kill -INT {match[2]}, then run the same command again"
        return Outcome(exit=Exit.LOCKED, changes=changes, reason=f"locked by process {match[2]} since {match[3]}", fix=fix)
    return Outcome(exit=_EXITS[code], changes=changes, reason=reason, fix=again)


def _find_reason(document: dict[str, Any], remarks: list[str]) -> str:
    """Return the first line of what went wrong: a mandatory violation, an error, or the last remark."""
    for one in document.get("violations") or []:
        if one.get("level") == "mandatory":
            return f"rule {one['policy']}: {str(one['message']).partition(chr(10))[0]}"
    errors = [one for one in document.get("diagnostics") or [] if one.get("severity") == "error"]
    for one in errors:
        lines = [line.strip() for line in str(one["message"]).splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(("why: ", "fix: "))]
        if lines:
            return " ".join(lines[:2])
    return remarks[-1] if remarks else "no message"


def _find_loss(home: Any, checkpoint: Any) -> str:
    """Return why a checkpoint's resources no longer exist, empty if they may exist."""
    generation = import_module("containment_lab.generation")
    recorded = generation.Generations.parse_record(checkpoint.record)
    lost = recorded.find_lost(generation.Generations.read_current(home), generation.find_packages(checkpoint.deployment))
    return str(recorded.describe_loss(lost)) if lost else ""
