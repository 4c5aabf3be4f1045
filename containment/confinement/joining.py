"""The child of a session: it joins the namespaces that bubblewrap creates, and starts the command there under Landlock and seccomp.

bubblewrap runs `cat` as the only program of its own, whose echo shows that everything is mounted; bubblewrap's init process ends orphans.
The command is a child of this process, not of bubblewrap: so it needs no interpreter inside for Landlock and the reporting filter.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from containment.confinement import kernel
from containment.confinement.bubblewrap import build_arguments
from containment.confinement.entry import IGNORED_BY_PYTHON, close_all_but, write_memory_file
from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.landlock import Rule, restrict_self
from containment.confinement.filesystem.stage import STAGE, prepare_stage
from containment.confinement.identity import Identity
from containment.confinement.limits import become_last_victim, set_limits
from containment.confinement.profile import Profile
from containment.confinement.system_calls.notifications import install_filter

IDLE: Final = "/.init/cat"
"""Path of `cat` for bubblewrap; no rule grants it to the command."""
_NAMESPACES: Final = ("ipc", "uts", "cgroup", "net", "pid", "mnt")
OF_TERMINAL: Final = (signal.SIGINT, signal.SIGQUIT)
_REPORT_BYTES: Final = 1 << 16


class Start(NamedTuple):
    """Everything that the child needs.

    `rules` None and `filter` empty leave a layer out, which tests do to try the others alone. `control_groups` are the files with the
    processes of the groups that the command belongs to. `port` is the TCP port of the local proxy on the loopback address, 0: none.
    """

    profile: Profile
    identity: Identity
    bwrap: str
    program: str
    environment: Mapping[str, str]
    rules: tuple[Rule, ...] | None
    filter: bytes
    is_reporting: bool
    folder: str
    control_groups: tuple[Path, ...] = ()
    port: int = 0


def run_child(start: Start, control: socket.socket) -> NoReturn:
    """Run the command in new namespaces, and end with it; everything is reported on the control socket."""
    code = 1
    try:
        code = _run(start, control)
    except ConfinementError as error:
        _report(control, error=str(error))
    except OSError as error:
        _report(control, error=f"the command could not be confined, so it was not started: {error}")
    except BaseException:  # noqa: BLE001 - sent to the parent, which raises
        _report_bug(control)
    finally:
        os._exit(code)


def _report(control: socket.socket, *files: int, **values: object) -> None:
    socket.send_fds(control, [json.dumps(values).encode()[:_REPORT_BYTES]], files)


class _ListenerReport:
    """The report of the filter's descriptor, by a thread that began before the filter: the filter reports the call that sends it.

    The thread ends before the command starts. A filter is of the thread that installs it, and of what that one starts.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control, self._files, self._error = control, list[int](), list[BaseException]()
        self._given, self._sent = _thread.allocate_lock(), _thread.allocate_lock()
        self._given.acquire()
        self._sent.acquire()
        _thread.start_new_thread(self._wait, ())

    def send(self, listener: int | None) -> None:
        """Send the descriptor, None where there is none, and return when it is sent."""
        self._files += [] if listener is None else [listener]
        self._given.release()
        self._sent.acquire()
        if self._error:
            raise self._error[0]

    def _wait(self) -> None:
        self._given.acquire()
        try:
            _report(self._control, *self._files, filter=True)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self._error.append(error)
        finally:
            self._sent.release()


def _report_bug(control: socket.socket) -> None:
    import traceback  # slow to import, and only needed here

    _report(control, error=traceback.format_exc())


def _run(start: Start, control: socket.socket) -> int:
    kernel.end_with_parent(signal.SIGKILL)
    for number in OF_TERMINAL:
        signal.signal(number, signal.SIG_IGN)  # the command's, which receives it from the terminal itself
    become_last_victim()
    identity = start.identity
    if os.geteuid() == 0:
        kernel.unshare(kernel.CLONE_NEWNS)
    else:
        kernel.unshare_as_owner(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    if (whole := find_whole_proc(Path("/proc/self/mountinfo").read_text())) is not None:
        kernel.mount(whole, "/proc", flags=kernel.MS_BIND | kernel.MS_REC)
    prepare_stage(start.profile, identity)
    identity.assume()
    kernel.end_with_parent(signal.SIGKILL)
    os.chdir("/")
    init, hold = _start_bubblewrap(start)
    try:
        _join(init)
        kernel.end_with_parent(signal.SIGKILL)
        _offer_listener(start.port, init, control)
        command = os.fork()
        if command == 0:
            _become_command(start, control)
        status = os.waitpid(command, 0)[1]
    finally:
        os.kill(init, signal.SIGKILL)
    os.close(hold)
    _report(control, status=status)
    return 0


def find_whole_proc(mounts: str) -> str | None:
    """Return where else /proc is mounted if parts of /proc are covered: with those, the kernel permits no new one.

    Args:
        mounts: the text of /proc/self/mountinfo.
    """
    rows = [(line.split(), line.partition(" - ")[2].split()) for line in mounts.splitlines()]
    points = [(fields[4], fields[3], kind[0]) for fields, kind in rows]
    if not any(point.startswith("/proc/") and kind != "autofs" for point, _, kind in points):
        return None
    return next((point for point, root, kind in points if kind == "proc" and root == "/" and point != "/proc"), None)


def _start_bubblewrap(start: Start) -> tuple[int, int]:
    """Start bubblewrap and wait until all is mounted; return its init process, and the descriptor that keeps it running."""
    hold_read, hold_write = os.pipe()
    echo_read, echo_write = os.pipe()
    info_read, info_write = os.pipe()
    os.write(hold_write, b"\n")
    arguments = build_arguments(start.profile, STAGE)
    options = write_memory_file("".join(f"{each}\0" for each in arguments).encode())
    if (child := os.fork()) == 0:
        try:
            os.dup2(hold_read, 0)
            os.dup2(echo_write, 1)
            close_all_but({0, 1, 2, options, info_write})
            words = [start.bwrap, "--args", str(options), "--info-fd", str(info_write), "--", IDLE]
            os.execve(start.bwrap, words, {})  # noqa: S606 - a list of words
        finally:
            os._exit(125)
    for each in (hold_read, echo_write, info_write, options):
        os.close(each)
    if os.read(echo_read, 1) != b"\n":
        os.waitpid(child, 0)
        raise ConfinementError("bwrap could not create the namespaces and mounts; its message is above")
    os.close(echo_read)
    info = b""
    while part := os.read(info_read, 4096):
        info += part
    os.close(info_read)
    return int(json.loads(info)["child-pid"]), hold_write


def _join(init: int) -> None:
    """Join all namespaces of a process; its mounts belong to a user namespace above its own, from which the command has no way back."""
    opened = {name: os.open(f"/proc/{init}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC) for name in ("user", *_NAMESPACES)}
    owner = kernel.open_owner(opened["mnt"])
    kernel.join(owner, kernel.CLONE_NEWUSER)
    for name in _NAMESPACES:
        kernel.join(opened[name], 0)
    kernel.join(opened["user"], kernel.CLONE_NEWUSER)
    for each in (owner, *opened.values()):
        os.close(each)


def _offer_listener(port: int, init: int, control: socket.socket) -> None:
    """Report that the namespaces are joined, with a listening socket in them if there is to be one; wait for the parent's permission."""
    if port:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen(1024)
            _report(control, listener.fileno(), init=init)
    else:
        _report(control, init=init)
    if not control.recv(1):
        raise ConfinementError("the launcher ended before the command started")


def _become_command(start: Start, control: socket.socket) -> NoReturn:
    try:
        os.umask(0o022)
        close_all_but({0, 1, 2})
        kernel.drop_rights()
        os.chdir(start.folder)
        report = _ListenerReport(control) if start.filter else None  # before the limits, which may leave no process for it
        set_limits(start.profile.limits)
        if start.rules is not None:
            restrict_self(start.rules)
        if report is not None:
            report.send(install_filter(start.filter, listen=start.is_reporting))
        for number in (*OF_TERMINAL, *IGNORED_BY_PYTHON):
            signal.signal(number, signal.SIG_DFL)
        os.execve(start.program, [*start.profile.command], dict(start.environment))  # noqa: S606 - a list of words
    except (ConfinementError, OSError) as error:
        _report(control, error=f"{start.profile.command[0]} could not be started: {error}")
    except BaseException:  # noqa: BLE001 - sent to the parent, which raises
        _report_bug(control)
    finally:
        os._exit(126)
