"""Network namespaces: made, entered, emptied. Named ones, as `ip netns` has them; every name of a world starts with the world's prefix.

As root they are the machine's own. A plain user gets them in a user namespace (`rootless`), where /run is a private tmpfs: then `ip netns`
shows them only to processes inside. Nothing here touches the network the machine itself is on.
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

RUN = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_T = TypeVar("_T")
_libc = ctypes.CDLL(None, use_errno=True)


class NetworkError(Exception):
    """`ip` or `nft` refused something; the text says what."""


def make(name: str) -> None:
    """Make a namespace; IPv6 and forwarding as the kernel has them."""
    if Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]:
        _command(["ip", "netns", "add", name])
        return
    RUN.mkdir(parents=True, exist_ok=True)  # in a user namespace `ip netns add` cannot find its way back
    (RUN / name).touch()
    _command(["unshare", f"--net={RUN / name}", "true"])


def names(prefix: str) -> list[str]:
    """Return the namespaces whose name starts with a prefix."""
    return sorted(each.name for each in RUN.glob(f"{prefix}*")) if RUN.is_dir() else []


def remove(prefix: str, patience: float = 5.0) -> list[str]:
    """End every process in the namespaces of a prefix and remove them; return their names."""
    found = names(prefix)
    deadline = time.monotonic() + patience
    while pids := [pid for name in found for pid in pids_in(name)]:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise NetworkError(f"processes {pids} of {prefix} do not end")
        time.sleep(0.01)
    for name in found:
        _command(["ip", "netns", "delete", name])
    return found


def pids_in(name: str) -> list[int]:
    """Return the processes whose network is a namespace, but this one."""
    done = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    return [int(each) for each in done.stdout.split() if int(each) != os.getpid()]


def ip(name: str, batch: str, *, six: bool = False) -> None:
    """Run `ip -batch` in a namespace, for IPv6 if told; raises NetworkError with the line that failed."""
    if batch.strip():
        _command([*entering(name), "ip", *(["-6"] if six else []), "-batch", "-"], batch)


def ip_each(name: str, *arguments: str) -> bool:
    """Run one `ip` command in a namespace and tell whether it worked."""
    return subprocess.run([*entering(name), "ip", *arguments], capture_output=True, check=False).returncode == 0


def nft(name: str, ruleset: str) -> None:
    """Load an nftables ruleset in a namespace, all of it or none."""
    _command(["nsenter", f"--net={RUN / name}", "nft", "-f", "-"], ruleset)


def has_table(name: str) -> bool:
    """Tell whether a namespace has any nftables table."""
    done = subprocess.run([*entering(name), "nft", "list", "tables"], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip())


def sysctl(name: str, **values: int | str) -> None:
    """Set kernel settings in a namespace; `__` in a key stands for a slash."""

    def write() -> None:
        for key, value in values.items():
            Path("/proc/sys/net", *key.split("__")).write_text(f"{value}\n")

    within(name, write)


def within(name: str, work: Callable[[], _T]) -> _T:
    """Run a function with its thread in a namespace, and return what it does; sockets it opens stay there."""
    out: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with (RUN / name).open() as file:
                if _libc.setns(file.fileno(), _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), f"cannot enter {name}")
            out.append(work())
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name=f"in {name}")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return out[0]


def entering(name: str) -> list[str]:
    """Return the words that start a command in a namespace."""
    return ["nsenter", f"--net={RUN / name}", "--"]


def _command(command: list[str], text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        where = next((line for line in text.splitlines() if line and line in done.stderr), "")
        raise NetworkError(f"{' '.join(command)}: {done.stderr.strip()[:2000]} {where}")
