"""Network namespaces: create, enter and remove. They are named, as by `ip netns`; all names of one lab network share a prefix.

As root they are the machine's. A plain user gets them in a user namespace (`rootless`), where /run is a private tmpfs: then `ip netns`
shows them only to processes inside. Nothing here changes the machine's network.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from containment.programs import build_search_path
from containment_lab.errors import LabError

RUN = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_T = TypeVar("_T")
_libc = ctypes.CDLL(None, use_errno=True)


class NetworkError(LabError):
    """`ip` or `nft` refused a command; the text has its message."""


def create_namespace(name: str) -> None:
    """Create a namespace with the kernel's defaults for IPv6 and forwarding."""
    if Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]:
        _run_checked(["ip", "netns", "add", name])
        return
    RUN.mkdir(parents=True, exist_ok=True)  # in a user namespace `ip netns add` fails without it
    (RUN / name).touch()
    _run_checked(["unshare", f"--net={RUN / name}", "true"])


def list_namespaces(prefix: str) -> list[str]:
    """Return the namespaces whose name starts with a prefix."""
    return sorted(each.name for each in RUN.glob(f"{prefix}*")) if RUN.is_dir() else []


def remove_namespaces(prefix: str, patience: float = 5.0) -> list[str]:
    """End every process in the namespaces with a prefix and remove them; return their names."""
    found = list_namespaces(prefix)
    deadline = time.monotonic() + patience
    while pids := [pid for name in found for pid in list_pids(name)]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            why = "a namespace with a process in it cannot be removed"
            raise NetworkError(f"processes {pids} of {prefix} do not end", why=why, fix="end them as root, then repeat the command")
        time.sleep(0.01)
    for name in found:
        _run_checked(["ip", "netns", "delete", name])
    return found


def list_pids(name: str) -> list[int]:
    """Return the processes in a namespace, except this one."""
    done = _run(["ip", "netns", "pids", name])
    return [int(each) for each in done.stdout.split() if int(each) != os.getpid()]


def run_ip_batch(name: str, batch: str, *, six: bool = False) -> None:
    """Run `ip -batch` in a namespace, for IPv6 if `six`; raise NetworkError with the line that failed."""
    if batch.strip():
        _run_checked([*build_entering_command(name), "ip", *(["-6"] if six else []), "-batch", "-"], batch)


def run_ip(name: str, *arguments: str) -> bool:
    """Run one `ip` command in a namespace and return whether it succeeded."""
    return _run([*build_entering_command(name), "ip", *arguments]).returncode == 0


def load_ruleset(name: str, ruleset: str) -> None:
    """Load an nftables ruleset in a namespace, all of it or none."""
    _run_checked(["nsenter", f"--net={RUN / name}", "nft", "-f", "-"], ruleset)


def has_table(name: str) -> bool:
    """Return whether a namespace has any nftables table."""
    done = _run([*build_entering_command(name), "nft", "list", "tables"])
    return bool(done.stdout.strip())


def set_sysctls(name: str, **values: int | str) -> None:
    """Set kernel settings in a namespace; `__` in a key is a slash."""

    def write() -> None:
        for key, value in values.items():
            Path("/proc/sys/net", *key.split("__")).write_text(f"{value}\n")

    run_within(name, write)


def run_within(name: str, work: Callable[[], _T]) -> _T:
    """Run a function in a thread inside a namespace and return its result; sockets that it opens stay in the namespace."""
    out: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with (RUN / name).open() as file:
                if _libc.setns(file.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), f"cannot enter {name}")
            out.append(work())
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name=f"in {name}")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return out[0]


def build_entering_command(name: str) -> list[str]:
    """Return the command prefix that runs a command in a namespace."""
    return ["nsenter", f"--net={RUN / name}", "--"]


def _run_checked(command: list[str], text: str = "") -> None:
    done = _run(command, text)
    if done.returncode:
        where = next((line for line in text.splitlines() if line and line in done.stderr), "")
        fix = "see `containment doctor` for what this machine lacks; then `containment lab down`, and repeat the command"
        what = f"{' '.join(command)}: {done.stderr.strip()[:2000]} {where}".rstrip()
        raise NetworkError(what, why="packets run through namespaces of this machine", fix=fix)


def _run(command: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": build_search_path()}  # `ip` and `nft` are in folders that a plain user's PATH lacks
    return subprocess.run(command, input=text, capture_output=True, text=True, env=environment, check=False)
