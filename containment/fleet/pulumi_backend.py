"""Pulumi as a fleet's engine, by its Automation API: the state is in Pulumi's backend, and nowhere else.

The stack file stays as it is: values that the site sets are passed in a temporary copy of it (`--config-file`).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml
from pulumi import automation

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.fleet.backend import Backend, BackendName, Children, Deployment, Outcome, Task, Verb, describe_deployment
from containment.fleet.checks import PLATFORM_FOLDER
from containment.loaders import strict_yaml

_INTERRUPTED: Final = ("cancel", "interrupt", "signal: killed")
_MANDATORY: Final = re.compile(r"^\s*- \[mandatory\]\s+(.*)$", re.MULTILINE)
_ERROR: Final = re.compile(r"^\s*error: (.+)$", re.MULTILINE)
_LOCK_OWNER: Final = re.compile(r"(created by|by) (\S+) \(pid (\d+)\)")


def open_backend(folder: Path) -> Backend:
    """Return Pulumi's backend of the project in a folder."""
    return PulumiBackend(folder)


class PulumiBackend:
    """The Pulumi CLI on PATH, with the backend that it is logged in to."""

    name = BackendName.PULUMI
    one_controller = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._command = _Command()
        self._stopping = False

    def list_deployments(self) -> dict[str, Deployment]:
        """Return the deployed stacks of the project by name."""
        with _convert_errors("the stacks of Pulumi's backend cannot be listed"):
            workspace = self._open_workspace(self._folder)
            found = {}
            for summary in workspace.list_stacks():
                if summary.resource_count == 0:
                    continue
                exported = workspace.export_stack(summary.name)
                if deployment := describe_deployment(summary.name, dict(exported.deployment or {})):
                    found[summary.name] = deployment
            return found

    def list_platforms(self) -> set[str]:
        """Return the deployed stacks of the platform."""
        with _convert_errors("the platform's stacks cannot be listed"):
            workspace = self._open_workspace(self._folder / PLATFORM_FOLDER)
            return {one.name for one in workspace.list_stacks() if one.resource_count}

    def run(self, task: Task, report: Callable[[str], None]) -> Outcome:
        """Run a command to its end."""
        lines: list[str] = []

        def take(line: str) -> None:
            lines.append(line)
            report(line)

        try:
            return self._run(task, take)
        except automation.ConcurrentUpdateError as error:
            return _explain_lock(task, str(error))
        except automation.CommandError as error:
            failure = _build_failure(task, f"{error}\n" + "\n".join(lines))
            if self._stopping and failure.exit is Exit.ERROR:
                return replace(failure, exit=Exit.INTERRUPTED, reason=f"interrupted: {failure.reason}")
            return failure

    def interrupt(self, *, kill: bool) -> None:
        """End every running command."""
        self._stopping = True
        self._command.children.interrupt(kill=kill)

    def _run(self, task: Task, take: Callable[[str], None]) -> Outcome:
        workspace = self._open_workspace(task.folder)
        if task.verb is Verb.DESTROY:
            stack = automation.Stack.select(task.stack, workspace)
            done = stack.destroy(on_output=take, color="never")
            return Outcome(exit=Exit.OK, changes=_count(done.summary.resource_changes))
        try:
            stack = automation.Stack.select(task.stack, workspace)
        except automation.StackNotFoundError:
            stack = automation.Stack.create(task.stack, workspace)
        packs = [str(self._folder.resolve() / "policypack")]
        with _write_config(task) as config_file:
            if task.verb is Verb.PREVIEW:
                preview = stack.preview(on_output=take, color="never", policy_packs=packs, config_file=config_file)
                return Outcome(exit=Exit.OK, changes=_count(preview.change_summary))
            up = stack.up(on_output=take, color="never", policy_packs=packs, config_file=config_file)
            return Outcome(exit=Exit.OK, changes=_count(up.summary.resource_changes))

    def _open_workspace(self, folder: Path) -> automation.LocalWorkspace:
        return automation.LocalWorkspace(work_dir=str(folder.resolve()), pulumi_command=self._command)


class _Command(automation.PulumiCommand):
    """The CLI in child processes that a signal to the fleet reaches in order, and that end with the fleet's process."""

    def __init__(self) -> None:
        with _convert_errors("the Pulumi CLI cannot be used"):
            super().__init__()
        self.children = Children()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """Run a command of the CLI; raise CommandError if it fails."""
        from pulumi.automation.errors import create_command_error

        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true", "PULUMI_SKIP_UPDATE_CHECK": "true"}
        texts: tuple[list[str], list[str]] = ([], [])
        with self.children.start([self.command, "--non-interactive", *args], Path(cwd), environment) as process:
            readers = [
                threading.Thread(target=_read_lines, args=(stream, text, take))
                for stream, text, take in zip((process.stdout, process.stderr), texts, (on_output, on_error), strict=True)
            ]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        stdout, stderr = ("\n".join(text) for text in texts)
        result = automation.CommandResult(stdout=stdout, stderr=stderr, code=process.returncode)
        if process.returncode:
            raise create_command_error(result)
        return result


def _read_lines(stream: Any, text: list[str], take: Callable[[str], Any] | None) -> None:
    for line in stream:
        text.append(line.rstrip())
        if take is not None:
            take(line.rstrip())


@contextmanager
def _write_config(task: Task) -> Iterator[str | None]:
    """Write a temporary copy of the stack file with the site's values; None where the site sets none."""
    if not task.config:
        yield None
        return
    path = task.folder / f"Pulumi.{task.stack}.yaml"
    document: Any = strict_yaml.load(path.read_text(encoding="utf-8")) if path.exists() else {}
    document = {**(document or {}), "config": {**((document or {}).get("config") or {}), **task.config}}
    with TemporaryDirectory() as aside:
        copy = Path(aside) / path.name
        copy.write_text(yaml.safe_dump(document), encoding="utf-8")
        yield str(copy)


def _count(changes: Mapping[Any, int] | None) -> dict[str, int]:
    return {getattr(kind, "value", str(kind)): count for kind, count in (changes or {}).items() if count}


def _explain_lock(task: Task, text: str) -> Outcome:
    """Return the outcome of a locked stack: whether the lock's owner still runs, and the command that mends it."""
    again = "then run the same command again"
    where = f" -C {task.folder}" if task.is_platform else ""
    cancel = f"pulumi cancel --yes --stack {task.stack}{where}"
    owner = _LOCK_OWNER.search(text)
    if owner and Path(f"/proc/{owner[3]}").exists():
        reason = f"locked by process {owner[3]} ({owner[2]}), which may still run"
        return Outcome(exit=Exit.LOCKED, reason=reason, fix=f"wait for that run to end; if it runs nowhere, {cancel}, {again}")
    reason = f"a stale lock: process {owner[3]} ({owner[2]}) no longer runs here" if owner else "locked by another run"
    return Outcome(exit=Exit.LOCKED, reason=reason, fix=f"make sure that no other machine deploys it, then {cancel}, {again}")


def _build_failure(task: Task, text: str) -> Outcome:
    """Return the outcome of a failed command: a mandatory violation, an interruption, or the first error."""
    again = f"run the same command again; alone: pulumi {task.verb.value} --stack {task.stack} --policy-pack policypack"
    if violation := _MANDATORY.search(text):
        return Outcome(exit=Exit.VIOLATION, reason=f"rule {violation[1]}", fix=again)
    errors = [line for line in _ERROR.findall(text) if line.strip()]
    reason = errors[0] if errors else next((line for line in reversed(text.splitlines()) if line.strip()), "no message")
    if any(word in reason.lower() for word in _INTERRUPTED):
        return Outcome(exit=Exit.INTERRUPTED, reason=f"interrupted: {reason}", fix=again)
    return Outcome(exit=Exit.ERROR, reason=reason, fix=again)


@contextmanager
def _convert_errors(title: str) -> Iterator[None]:
    """Raise InputError for an error of the CLI."""
    try:
        yield
    except (automation.CommandError, automation.InvalidVersionError, OSError) as error:
        what = " ".join(str(error).split())[:300]
        fix = "log in with pulumi login, and see that pulumi stack ls works here; or give --backend lab"
        raise InputError(title, [Problem("pulumi", what, "the deployed stacks are unknown", fix)]) from None
