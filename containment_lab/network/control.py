"""Client of a stack's network: start it, send commands to its supervisor, and end it.

As root the namespaces are the machine's. For a plain user they are inside a user namespace; `entering` returns the command prefix that
enters them in both cases.
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

from containment.programs import build_search_path
from containment_lab import simulators
from containment_lab.errors import LabNetworkError
from containment_lab.generation import require_remembered
from containment_lab.home import LabHome
from containment_lab.home_lock import take_lock
from containment_lab.linux.tools import find_tool, list_missing
from containment_lab.network.marks import compute_code_mark, compute_deployments_mark
from containment_lab.readiness import NotReadyError, Readiness
from containment_lab.stacks import require_stack
from containment_lab.storage import convert_file_errors

_CONNECT_SECONDS = 10.0


_WHY = "packets of the agent run through it"


def compute_socket_name(home: LabHome, stack: str) -> str:
    """Return the abstract name of a network's control socket."""
    return "\0containment-world-" + hashlib.sha256(f"{home.root}\n{stack}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class LabNetwork:
    """The network of a stack in a lab home, as one of its hosts sees it.

    `agent` names a vended agent; without it the network stays with the host that it is running for, at first the one started first.
    """

    home: LabHome
    stack: str
    agent: str = ""

    @property
    def folder(self) -> Path:
        """The folder of its logs and settings."""
        return self.home.get_network_folder(self.stack)

    def require_stack(self) -> None:
        """Raise if the stack is not in this lab or the lab home cannot be used; create nothing."""
        require_stack(self.home, self.stack)

    def require_host(self) -> None:
        """Raise if the stack is not in this lab, or the agent is none of its running hosts; create and start nothing.

        The hosts of a lab whose cloud does not run are unknown: `bring_up` reports that.
        """
        self.require_stack()
        if self.agent and simulators.read_generation(self.home, "cloud"):
            from containment_lab.network.deployed_host import find_target

            find_target(self.home, self.stack, self.agent)

    def send_command(self, do: str, timeout: float = 60.0, **more: Any) -> Any:
        """Send a command to the supervisor and return its answer.

        Args:
            do: The command.
            timeout: Seconds to wait for the answer.
            more: The command's arguments.

        Raises:
            LabNetworkError: No network is running, it did not answer in time, or it refused.
        """
        with socket.socket(socket.AF_UNIX) as handle:
            handle.settimeout(timeout)
            try:
                handle.connect(compute_socket_name(self.home, self.stack))
                handle.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
                line = handle.makefile("rb").readline()
            except TimeoutError:
                log = self.folder / "keeper.log"
                what = f"the network of {self.stack} runs but did not answer within {timeout:g} s (log: {log})"
                fix = f"repeat the command; if it stays so, start it again: containment lab world down --stack {self.stack}"
                raise LabNetworkError(what, why=_WHY, fix=fix) from None
            except OSError as error:
                what, fix = f"the network of {self.stack} does not answer ({error})", f"containment lab world up --stack {self.stack}"
                raise LabNetworkError(what, why=_WHY, fix=f"start it: {fix}") from None
        told = json.loads(line) if line else {"error": "no answer"}
        if "error" in told:
            how = f"read its log, {self.folder / 'keeper.log'}, and start it again: containment lab world down --stack {self.stack}"
            raise LabNetworkError(f"the network of {self.stack}: {told['error']}", why=told.get("why") or _WHY, fix=told.get("fix") or how)
        return told["ok"]

    def is_running(self) -> bool:
        """Return whether its control socket listens; a supervisor that is too busy to answer counts as running."""
        with socket.socket(socket.AF_UNIX) as handle:
            handle.settimeout(_CONNECT_SECONDS)
            try:
                handle.connect(compute_socket_name(self.home, self.stack))
            except TimeoutError:
                return True
            except OSError:
                return False
        return True

    def bring_up(self) -> dict[str, Any]:
        """Start the network, or bring a running one up to date; return its status. One that runs older code is started again.

        Two commands that find no network at the same time would both start one, and each would remove the other's namespaces. The second
        one waits here, and then finds the network of the first.
        """
        self.require_stack()
        require_remembered(self.home, self.stack)
        with take_lock(self.home, f"network-{self.stack}", needed=False):
            return self._bring_up()

    def _bring_up(self) -> dict[str, Any]:
        from containment_lab.network.deployed_host import find_target  # imports the cloud's client, which `current` does not need

        status = self.send_command("status") if self.is_running() else {}
        if status and status.get("code") != compute_code_mark():
            self.take_down()
            status = {}
        running = str(status.get("instance", ""))
        target = find_target(self.home, self.stack, self.agent, running)
        if running:
            if running == target.instance:
                return dict(self.send_command("sync"))
            self.take_down()  # the stack has another machine now, or another one is wanted
        if lacking := list_missing():
            why, fix = "packets run through namespaces of this machine", "see each line of `containment doctor`"
            raise LabNetworkError("the network cannot be created on this machine: " + "; ".join(lacking), why=why, fix=fix)
        with convert_file_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            log = (self.folder / "keeper.log").open("ab")
        self._clear()
        arguments = ["--home", str(self.home.root), "--stack", self.stack, *(["--agent", self.agent] if self.agent else [])]
        command = [sys.executable, "-m", "containment_lab.network", *arguments]
        if os.geteuid() != 0:
            script = 'mount -t tmpfs none /run && mkdir -p /run/netns && exec "$@"'
            command = [find_tool("unshare"), "-Urm", "--propagation", "private", "sh", "-c", script, "world", *command]
        with log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/", env=_build_environment()
            )
        what, log_file = f"the network of {self.stack}", self.folder / "keeper.log"
        starting = Readiness(what=what, log=log_file, is_ready=self.is_running, is_alive=lambda: child.poll() is None)
        try:
            starting.wait()
        except NotReadyError as error:
            child.kill()
            raise LabNetworkError(error.what, why=error.why, fix=error.fix) from None
        return dict(self.send_command("status"))

    def ensure_current(self) -> dict[str, Any]:
        """Return the status of the network, after an update if anything was deployed since it last read the deployed state."""
        self.require_stack()
        require_remembered(self.home, self.stack)
        mark = compute_deployments_mark(self.home)
        try:
            status = self.send_command("status", timeout=10)
        except LabNetworkError:
            return self.bring_up()
        is_current = status.get("code") == compute_code_mark() and status["read"] == mark
        return dict(status) if is_current and not self.agent else self.bring_up()

    def take_down(self, patience: float = 10.0) -> bool:
        """End the network, wait until everything is removed, and return whether it was running."""
        try:
            pid = int(json.loads((self.folder / "world.json").read_text())["pid"])
        except (OSError, ValueError, KeyError):
            pid = 0
        ran = False
        with contextlib.suppress(LabNetworkError):
            self.send_command("end")
            ran = True
        deadline = time.monotonic() + patience
        while pid and ran and _is_supervisor(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        self._clear()
        (self.folder / "world.json").unlink(missing_ok=True)
        return ran

    def _clear(self) -> None:
        """Remove the namespaces that a killed supervisor left behind (a plain user's end with the supervisor)."""
        if os.geteuid() == 0:
            from containment_lab.linux import netns
            from containment_lab.vpc import fabric

            netns.remove_namespaces(fabric.make_names(str(self.home.root), self.stack).prefix + "-")

    def build_entering_command(self, role: str = "agent") -> list[str]:
        """Return the command prefix that enters a machine's network, and the user namespace if there is one."""
        told = json.loads((self.folder / "world.json").read_text())
        nsenter = find_tool("nsenter")
        keeper = [nsenter, "-t", str(told["pid"]), "-U", "-m", "--preserve-credentials", "--"] if os.geteuid() else []
        return [*keeper, nsenter, f"--net=/run/netns/{told['prefix']}-{role}", "--"]

    def build_privileged_command(self, words: list[str]) -> list[str]:
        """Return a command that runs `words` in the agent host's network with its files, and with all rights of the caller.

        For the lab's own probes only, which need raw sockets. `containment_lab.agent` runs any other command, confined.
        """
        from containment_lab.network.host_files import ENTER

        enter = [find_tool("unshare"), "-m", "--propagation", "private", "sh", "-c", ENTER, "agent", str(self.folder / "host")]
        return [*self.build_entering_command("agent"), *enter, *words]

    def await_decisions(self, after: int, quiet: float = 0.4, patience: float = 4.0, *, every_source: bool = False) -> list[dict[str, Any]]:
        """Return the decisions after a position, once no new one has arrived for a moment: log lines arrive late.

        Args:
            after: The position: the count that an earlier `decisions` returned.
            quiet: Return after this many seconds without a new decision.
            patience: Return after this many seconds in any case.
            every_source: Include decisions on packets of other machines than the agent.
        """
        end, seen, since = time.monotonic() + patience, after, time.monotonic()
        while True:
            answer = self.send_command("decisions", after=after, every_source=every_source)
            if answer["count"] != seen:
                seen, since = answer["count"], time.monotonic()
            if time.monotonic() - since >= quiet or time.monotonic() > end:
                return list(answer["records"])
            time.sleep(0.05)


def list_networks(home: LabHome) -> list[LabNetwork]:
    """Return the networks of a lab home that are running or have left something to remove."""
    folder = home.root / "world"
    return [LabNetwork(home, each.name) for each in sorted(folder.iterdir()) if (each / "world.json").exists()] if folder.is_dir() else []


def take_down_all(home: LabHome) -> list[str]:
    """End every network of a lab home; return the stacks whose network was running."""
    return [world.stack for world in list_networks(home) if world.take_down()]


def _build_environment() -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.upper().startswith(("AWS_", "PULUMI_")) and not key.upper().endswith("_PROXY")
    }
    return {**kept, "PATH": build_search_path(), "PYTHONUNBUFFERED": "1"}


def _is_supervisor(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state not in "ZX" and b"containment_lab.network" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
