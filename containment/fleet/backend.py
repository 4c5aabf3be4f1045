"""What a fleet needs of an engine, the lab or Pulumi: the deployed stacks, and one command on one stack with its result.

A stack is as its deployed state describes it: resources, hosts, interrupted operations, and the digest of its policy.

Each engine runs in a child process with a separate session, which ends with the fleet's process however that one ends. A fleet that is
killed (-9) takes its engines along: the kernel sends each the signal of Ctrl-C (`setpriv --pdeathsig`), so each records what is under way
and frees its lock.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from containment.errors import ContainmentError, InputError, Problem
from containment.exit_code import Exit
from containment.programs import find_program
from containment.record.digests import digest_ruleset

HOST: Final = "aws:ec2/instance:Instance"
NETWORK: Final = "aws:ec2/vpc:Vpc"
_INTERNAL: Final = "pulumi:"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One deployed stack.

    Attributes:
        stack: its name.
        resources: the number of its resources, without the stack itself and providers.
        hosts: the number of its agent hosts.
        networks: the number of its VPCs.
        interrupted: the number of operations that an ended run left unfinished.
        policy_digest: the digest of its policy, None if that is unknown.
        unknown: why the digest is unknown.
        changed: when the state was written, as the state has it.
        lost: why the deployed resources no longer exist, empty when nothing is known of it.
    """

    stack: str
    resources: int
    hosts: int
    networks: int
    interrupted: int
    policy_digest: str | None
    unknown: str = ""
    changed: str = ""
    lost: str = ""

    def describe(self) -> str:
        """Return the stack and what would be deleted with it, in one line."""
        parts = [(self.resources, "resource"), (self.hosts, "agent host"), (self.networks, "VPC")]
        words = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count)
        more = f"; {self.interrupted} operations of an ended run are unfinished" if self.interrupted else ""
        return f"{self.stack}: {words or 'no resource'}{more}"


def describe_deployment(stack: str, deployment: dict[str, Any], lost: str = "") -> Deployment | None:
    """Return what a deployed state contains, None if it has no resource and no interrupted operation.

    Args:
        stack: the stack's name.
        deployment: the `deployment` of a checkpoint or an export.
        lost: why the resources no longer exist.
    """
    found = [one for one in deployment.get("resources") or [] if not one.get("delete")]
    types = Counter(str(one.get("type", "")) for one in found if one.get("custom") and not one.get("external"))
    resources = sum(count for kind, count in types.items() if not kind.startswith(_INTERNAL))
    pending = len(deployment.get("pending_operations") or [])
    if not found and not pending:
        return None
    digest, unknown = _digest_policy({"version": 3, "deployment": deployment})
    return Deployment(
        stack=stack,
        resources=resources,
        hosts=types[HOST],
        networks=types[NETWORK],
        interrupted=pending,
        policy_digest=digest,
        unknown=unknown,
        changed=str((deployment.get("manifest") or {}).get("time", "")),
        lost=lost,
    )


def _digest_policy(document: dict[str, Any]) -> tuple[str | None, str]:
    """Return the digest of the policy of a state; None and the reason if the state has no policy that can be read."""
    from policypack.firewall.parsed_policy import parse_policy
    from policypack.graph.resources import Graph
    from policypack.stored_resources import load_resources

    try:
        parsed = parse_policy(Graph(load_resources(document)))
        if parsed is None:
            return None, "the state has no DCF rule"
        return digest_ruleset(parsed.ruleset), ""
    except (ValueError, KeyError, ContainmentError) as error:
        return None, f"the policy of the state cannot be read: {error}"


class BackendName(StrEnum):
    """The engines: the lab on this machine, or Pulumi's Automation API."""

    LAB = "lab"
    PULUMI = "pulumi"


class Verb(StrEnum):
    """The commands that run on one stack."""

    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"


@dataclass(frozen=True, kw_only=True)
class Task:
    """One command on one stack.

    Attributes:
        verb: the command.
        stack: the stack.
        folder: the program's folder.
        config: values by full key that the site sets; the stack file is not changed.
        is_platform: whether the program is the platform.
        needs: the platform stack that must be up before, empty if none.
        is_last: whether it starts when every other task has ended.
    """

    verb: Verb
    stack: str
    folder: Path
    config: Mapping[str, str] = field(default_factory=dict)
    is_platform: bool = False
    needs: str = ""
    is_last: bool = False

    @property
    def label(self) -> str:
        """The name that reports use."""
        return f"platform/{self.stack}" if self.is_platform else self.stack


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of a command: its exit code, the changes by kind, the reason if it failed, and the next step."""

    exit: Exit
    changes: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""
    fix: str = ""


class Backend(Protocol):
    """An engine with its state."""

    name: BackendName
    one_controller: bool

    def list_deployments(self) -> dict[str, Deployment]:
        """Return the deployed stacks of the project by name."""

    def list_platforms(self) -> set[str]:
        """Return the deployed stacks of the platform."""

    def run(self, task: Task, report: Callable[[str], None]) -> Outcome:
        """Run a command to its end; `report` receives a line per finished step and per remark."""

    def interrupt(self, *, kill: bool) -> None:
        """End every running command: with a signal after which it records what is under way, or at once."""


def choose_backend(chosen: BackendName | None, folder: Path) -> Backend:
    """Return the chosen engine; by default Pulumi where `pulumi` is on PATH, else the lab.

    Raises:
        InputError: Pulumi is chosen, and there is no `pulumi`.
    """
    has_cli = find_program("pulumi") is not None
    if chosen is BackendName.PULUMI and not has_cli:
        why = "the Automation API runs the Pulumi CLI"
        problem = Problem("--backend pulumi", "needs the program pulumi, which is not on PATH", why, "install it, or give --backend lab")
        raise InputError("the fleet cannot be deployed", [problem])
    wanted = chosen or (BackendName.PULUMI if has_cli else BackendName.LAB)
    module = import_module(f"containment.fleet.{wanted.value}_backend")
    backend: Backend = module.open_backend(folder)
    return backend


_WORST_FIRST: Final = (Exit.ERROR, Exit.USAGE, Exit.VIOLATION, Exit.NO, Exit.LOCKED, Exit.INTERRUPTED, Exit.INCONCLUSIVE)
"""Exit codes from the worst to the least; every other one is worse than success only."""


class Result(StrEnum):
    """How a task ended."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    """A mandatory policy is violated; nothing was changed."""
    FAILED = "failed"
    LOCKED = "locked"
    INTERRUPTED = "interrupted"
    """It had begun; the next run goes on where it stopped."""
    NOT_STARTED = "not started"


_RESULTS: Final = {
    Exit.OK: Result.SUCCEEDED,
    Exit.VIOLATION: Result.REFUSED,
    Exit.LOCKED: Result.LOCKED,
    Exit.INTERRUPTED: Result.INTERRUPTED,
}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One task that ended or was not started, with its outcome and duration in seconds."""

    task: Task
    outcome: Outcome
    result: Result
    seconds: float = 0.0


def make_ended(task: Task, outcome: Outcome, seconds: float) -> Ended:
    """Return the end of a task that ran."""
    return Ended(task=task, outcome=outcome, result=_RESULTS.get(outcome.exit, Result.FAILED), seconds=seconds)


def choose_worst(codes: Iterable[Exit]) -> Exit:
    """Return the worst of several exit codes; NOTHING for none."""
    found = set(codes)
    if not found:
        return Exit.NOTHING
    known = next((code for code in _WORST_FIRST if code in found), None)
    return known or max(found)


class Children:
    """The running child processes; safe to use from several threads."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ending: signal.Signals | None = None

    @contextmanager
    def start(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Start a process with pipes for its output; it has ended when the block ends."""
        guard = find_program("setpriv")
        leash = [guard, "--pdeathsig", "INT"] if guard else []
        process = subprocess.Popen(
            [*leash, *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
            ending = self._ending
        if ending is not None:
            _send(process, ending)
        try:
            yield process
        finally:
            process.wait()
            with self._lock:
                self._running.discard(process)

    def interrupt(self, *, kill: bool) -> None:
        """Send every child the signal of Ctrl-C, or kill its whole session; children that start later get the same."""
        with self._lock:
            self._ending = signal.SIGKILL if kill else signal.SIGINT
            running = list(self._running)
        for process in running:
            _send(process, self._ending)


def _send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if number is signal.SIGKILL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
