"""Starts a stack's world, asks it and ends it: what the command line and the tests use.

As root the world's namespaces are the machine's. A plain user's world lives in a user namespace of its own; `entering` gives the words that
lead into it either way.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from containment.lab.home import LabHome
from containment.lab.world.staging import ENTER
from containment.lab.world.target import NoWorldError, find_target
from containment.lab.world.tools import missing

WAIT_SECONDS = 60.0


class WorldError(Exception):
    """A world could not be started, asked or ended; the text says why."""


def name_of(home: LabHome, stack: str) -> str:
    """Return the abstract name of a world's control socket."""
    return "\0containment-world-" + hashlib.sha256(f"{home.root}\n{stack}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class World:
    """A stack's world in a lab home."""

    home: LabHome
    stack: str

    @property
    def folder(self) -> Path:
        """Where its logs and settings lie."""
        return self.home.root / "world" / self.stack

    def ask(self, do: str, timeout: float = 60.0, **more: Any) -> Any:
        """Ask the running world; raises WorldError when none runs or it refuses."""
        with socket.socket(socket.AF_UNIX) as handle:
            handle.settimeout(timeout)
            try:
                handle.connect(name_of(self.home, self.stack))
                handle.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
                line = handle.makefile("rb").readline()
            except OSError as error:
                raise WorldError(
                    f"the world of {self.stack} does not answer ({error}); start it: containment lab world up --stack {self.stack}"
                ) from None
        told = json.loads(line) if line else {"error": "no answer"}
        if "error" in told:
            raise WorldError(f"the world of {self.stack}: {told['error']}")
        return told["ok"]

    def runs(self) -> bool:
        """Tell whether it answers."""
        try:
            self.ask("status", timeout=10)
        except WorldError:
            return False
        return True

    def up(self) -> dict[str, Any]:
        """Start it, or bring a running one up to date; return its status."""
        try:
            target = find_target(self.home, self.stack)
        except NoWorldError as error:
            raise WorldError(str(error)) from None
        if self.runs():
            if self.ask("status")["instance"] == target.instance:
                return dict(self.ask("sync"))
            self.down()  # the stack's machine is another now
        if lacking := missing():
            raise WorldError("the world cannot be made on this machine: " + "; ".join(lacking))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clear()
        arguments = ["--home", str(self.home.root), "--stack", self.stack]
        command = [sys.executable, "-m", "containment.lab.world", *arguments]
        if os.geteuid() != 0:
            script = 'mount -t tmpfs none /run && mkdir -p /run/netns && exec "$@"'
            command = ["unshare", "-Urm", "--propagation", "private", "sh", "-c", script, "world", *command]
        with (self.folder / "keeper.log").open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/", env=_environment()
            )
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.runs():
            if child.poll() is not None:
                raise WorldError(
                    f"the world of {self.stack} ended while it started: {self._last_line()} (log: {self.folder / 'keeper.log'})"
                )
            if time.monotonic() > deadline:
                child.kill()
                raise WorldError(
                    f"the world of {self.stack} does not answer after {WAIT_SECONDS:.0f} s (log: {self.folder / 'keeper.log'})"
                )
            time.sleep(0.02)
        return dict(self.ask("status"))

    def down(self, patience: float = 10.0) -> bool:
        """End it and wait until nothing of it is left; tell whether it ran."""
        try:
            pid = int(json.loads((self.folder / "world.json").read_text())["pid"])
        except (OSError, ValueError, KeyError):
            pid = 0
        ran = False
        with contextlib.suppress(WorldError):
            self.ask("end")
            ran = True
        deadline = time.monotonic() + patience
        while pid and ran and _is_keeper(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        self._clear()
        (self.folder / "world.json").unlink(missing_ok=True)
        return ran

    def _clear(self) -> None:
        """Remove what a keeper that was killed left behind (a plain user's went with it)."""
        if os.geteuid() == 0:
            from containment.lab.world import fabric, netns

            netns.remove(fabric.names_of(str(self.home.root), self.stack).prefix + "-")

    def entering(self, role: str = "agent") -> list[str]:
        """Return the words that lead a command into a machine's network, and into the user namespace where there is one."""
        told = json.loads((self.folder / "world.json").read_text())
        keeper = ["nsenter", "-t", str(told["pid"]), "-U", "-m", "--preserve-credentials", "--"] if os.geteuid() else []
        return [*keeper, "nsenter", f"--net=/run/netns/{told['prefix']}-{role}", "--"]

    def command(self, words: list[str]) -> list[str]:
        """Return the words that run a command as the agent host would: in its network, with its files."""
        enter = ["unshare", "-m", "--propagation", "private", "sh", "-c", ENTER, "agent", str(self.folder / "host")]
        return [*self.entering("agent"), *enter, *words]

    def settled(self, after: int, quiet: float = 0.4, patience: float = 4.0) -> list[dict[str, Any]]:
        """Return the decisions after a count, once no new one has come for a moment: lines are on their way for a while."""
        end, seen, since = time.monotonic() + patience, -1, time.monotonic()
        while True:
            told = self.ask("decisions", after=after)
            if told["count"] != seen:
                seen, since = told["count"], time.monotonic()
            if time.monotonic() > end or (seen > after and time.monotonic() - since >= quiet):
                return list(told["records"])
            time.sleep(0.05)

    def _last_line(self) -> str:
        lines = [line for line in (self.folder / "keeper.log").read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it said nothing"


def running(home: LabHome) -> list[World]:
    """Return the worlds of a lab home that run or have left something to clear."""
    folder = home.root / "world"
    return [World(home, each.name) for each in sorted(folder.iterdir()) if (each / "world.json").exists()] if folder.is_dir() else []


def down_all(home: LabHome) -> list[str]:
    """End every world of a lab home; return the stacks whose world ran."""
    return [world.stack for world in running(home) if world.down()]


def _environment() -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.upper().startswith(("AWS_", "PULUMI_")) and not key.upper().endswith("_PROXY")
    }
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _is_keeper(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state not in "ZX" and b"containment.lab.world" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
