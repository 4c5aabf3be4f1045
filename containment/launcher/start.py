"""From a profile to a running command: every layer is required, and a missing one refuses the start."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from containment.confinement.bubblewrap import find_bwrap
from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.folders import create_temporary_folder, resolve_granted_folder
from containment.confinement.filesystem.landlock import describe_version, read_version
from containment.confinement.identity import Identity, reserve_identity
from containment.confinement.joining import Start
from containment.confinement.profile import CA_BUNDLE, HOME, build_environment
from containment.confinement.session import run_session
from containment.confinement.system_calls.seccomp import build_program, get_current_machine
from containment.errors import InputError, Problem
from containment.launcher.events.event_log import EventLog
from containment.launcher.limits.control_groups import create_groups
from containment.launcher.network.connections import PORT, ServerProcess, build_variables, open_server
from containment.launcher.network.trust import TrustBundle, open_bundle
from containment.launcher.settings import Settings, compute_digest
from containment.launcher.supervisor.reported_calls import REPORTED
from containment.launcher.view import TEMPORARY, View, build_view, needs_home
from containment.sandbox.paths import is_within

if TYPE_CHECKING:
    from containment.confinement.deadline import Deadline
    from containment.launcher.events.ocsf import Policy
    from containment.launcher.limits.time_limit import TimeLimit
    from containment.launcher.supervisor.observation import Observer

_TEMPORARY: Final = Path("/tmp")  # noqa: S108 - the folder in it has a random name and is the caller's alone


class Request(NamedTuple):
    """What the caller wants to run.

    `folder` becomes the command's home; None is a temporary one. `network` is the socket of the network service, for a launcher without a
    network of its own. `time_limit` ends the command at its deadline.
    """

    settings: Settings
    command: tuple[str, ...]
    task: str | None
    folder: Path | None
    event_log: Path
    network: Path | None = None
    time_limit: TimeLimit | None = None
    is_quiet: bool = False


def find_event_log() -> Path:
    """Return the event log of this user."""
    if os.geteuid() == 0:
        return Path("/var/log/containment-sandbox/events.jsonl")
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "containment-sandbox" / "events.jsonl"


def run_command(request: Request) -> int:
    """Run a command confined and return its exit code; if an error is raised, it did not run."""
    settings = request.settings
    _check_task(request)
    bwrap, machine, version = find_bwrap(), get_current_machine(), read_version()
    if version < 1:
        raise ConfinementError("this kernel has no Landlock: rights of files cannot be enforced; use Linux 5.13 or newer with lsm=landlock")
    with ExitStack() as stack:
        identity = stack.enter_context(reserve_identity())
        home = stack.enter_context(_open_home(request, identity))
        _check_event_log(request, home)
        events = EventLog(request.event_log)
        server = stack.enter_context(open_server(settings, request.task, events, request.network))
        groups = stack.enter_context(create_groups(settings.limits))
        trust = stack.enter_context(open_bundle(server, has_authority=settings.limits_requests))
        view = build_view(settings, request.command, home, build_variables() if server else {}, trust.path)
        observers: list[Observer] = []

        def observe() -> Observer:
            observers.append(_make_observer(request, view, events, server, trust))
            return observers[0]

        if not request.is_quiet:
            _report(view, groups.description, version, has_server=server is not None)
        start = Start(
            profile=view.profile,
            identity=identity,
            bwrap=bwrap,
            program=view.program,
            environment=build_environment(view.profile, os.environ),
            rules=view.rules,
            filter=build_program(machine, strict=True, reported=REPORTED),
            is_reporting=True,
            folder=view.folder,
            control_groups=groups.files,
            port=PORT if server else 0,
        )
        deadline = _build_deadline(request, view, events)
        try:
            return run_session(start, observe, deadline)
        except ConfinementError as error:
            raise _explain(error) from None
        except OSError as error:
            raise ConfinementError(f"the command was ended, because its supervisor failed: {error}") from None
        finally:
            for each in observers:
                each.end()


def _explain(error: ConfinementError) -> ConfinementError:
    """Return the error of a start, with the settings of the kernel that refuse it."""
    from containment.confinement.requirements import list_refused_settings  # slow to import, and only needed here

    settings = list_refused_settings()
    return ConfinementError(f"{error}; this kernel refuses user namespaces: {' and '.join(settings)}") if settings else error


def _make_observer(request: Request, view: View, events: EventLog, server: ServerProcess | None, trust: TrustBundle) -> Observer:
    from containment.launcher.supervisor.observation import Observer  # imported while bubblewrap works

    policy = _describe_policy(request)
    return Observer(view, policy, events, begin=server.start if server else None, before_open={str(CA_BUNDLE): trust.complete})


def _build_deadline(request: Request, view: View, events: EventLog) -> Deadline | None:
    if request.time_limit is None:
        return None
    from containment.launcher.limits.time_limit import build_deadline  # with it the clock of the calendar, which few commands need

    return build_deadline(request.time_limit, _describe_policy(request), view.program, events)


def _describe_policy(request: Request) -> Policy:
    from containment.launcher.events.ocsf import Policy

    settings = request.settings
    return Policy(
        stack=settings.stack,
        agent_class=settings.agent_class,
        harness=settings.harness,
        task=request.task,
        digest=compute_digest(settings.text),
        host=os.uname().nodename or "unknown",
    )


def _check_task(request: Request) -> None:
    names = request.settings.tasks
    if request.task is not None and request.task not in names:
        fix = f"name one of {', '.join(names)}" if names else "leave --task out: the profile has no tasks"
        why = "a task that is not declared has no tools"
        raise _refuse_start(f"--task {request.task}", "is not a task of the profile", why, fix)


def _refuse_start(where: str, what: str, why: str, fix: str) -> InputError:
    return InputError("the command cannot be started", [Problem(where, what, why, fix)])


@contextlib.contextmanager
def _open_home(request: Request, identity: Identity) -> Iterator[Path | None]:
    if not needs_home(request.settings):
        if request.folder is not None:
            why = "a folder that the profile does not grant would be a widening"
            fix = "leave --folder out, or grant /home/agent in sandbox.write of the class"
            raise InputError(
                "the profile cannot be applied", [Problem(f"--folder {request.folder}", "is not granted by the profile", why, fix)]
            )
        yield None
    elif request.folder is not None:
        yield resolve_granted_folder(request.folder, ())
    elif request.time_limit is not None:
        why = "a temporary folder is removed at the end, and with it what the task has written"
        fix = "name the folder that keeps its output: --folder DIR"
        raise _refuse_start("--deadline", "is given without --folder", why, fix)
    else:
        with create_temporary_folder(_TEMPORARY, identity) as folder:
            yield folder


def _check_event_log(request: Request, home: Path | None) -> None:
    path = request.event_log
    place = path.resolve()
    private = (TEMPORARY, str(HOME))  # the command's own, not this machine's
    granted = [Path(each).resolve() for each in request.settings.read_write if not any(is_within(each, one) for one in private)]
    for each in (*granted, *([home.resolve()] if home else [])):
        if each == place or each in place.parents:
            why = "a command that may write to its log may rewrite what it did"
            raise _refuse_start(f"--event-log {path}", f"is in {each}, which the command may write to", why, "name a file outside of it")


def _report(view: View, limits: str, version: int, *, has_server: bool) -> None:
    network = f"local proxy on 127.0.0.1:{PORT}" if has_server else "none: the local proxy is not installed"
    print(f"containment-sandbox: Landlock {describe_version(version)}; {limits}; network: {network}", file=sys.stderr)
    for each in view.notes:
        print(f"containment-sandbox: note: {each}", file=sys.stderr)
