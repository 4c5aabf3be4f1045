"""How the servers of a gateway are reached: those on this machine each in a sandbox of its own, remote ones through the proxy."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.files.whole_files import write_whole
from containment.renderings.tool_servers import is_host_permitted, render_server
from containment.tool_scopes.server import ToolServer
from containment.tools.connection import Connect
from containment.tools.limits import GatewayLimits
from containment.tools.processes import run_server
from containment.tools.remote import connect_server

_WHY: Final = "a server that is reached in another way is not confined by its file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the servers of one gateway live and how they connect.

    Attributes:
        state: a private folder for profiles and for the homes of servers.
        event_log: the log of the launcher's events.
        workspaces: folders that become /home/agent of some servers; the others have one of their own below `state`.
        network: the socket of the network service, for servers that are started without a network.
        proxy: the address of the proxy for remote servers; None connects directly.
    """

    state: Path
    event_log: Path
    workspaces: Mapping[str, Path] = field(default_factory=dict)
    network: Path | None = None
    proxy: str | None = None


def find_state_folder() -> Path:
    """Return the usual folder for profiles and homes of servers."""
    if os.geteuid() == 0:
        return Path("/var/lib/containment-tools")
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "containment-tools"


def open_server(server: ToolServer, spec: ContainmentSpec, places: Places, limits: GatewayLimits) -> Connect:
    """Return how a server is connected; raise InputError where its file and the stack do not permit it."""
    if server.url is not None:
        if not is_host_permitted(server, spec):
            where, what = f"presets/tools/servers/{server.name}.yaml:url", f"is at {server.host}, which {spec.stack} does not permit"
            fix = f"add {server.host} to approvedMcpGatewayDomains of Pulumi.{spec.stack}.yaml, or remove the server from the class"
            raise InputError(
                "the server is not reached", [Problem(where, what, "the firewall denies it, and the gateway is no way around", fix)]
            )
        return lambda _report: connect_server(server.url or "", places.proxy, limits.message, limits.call_seconds)
    return partial(run_server, build_command(server, spec, places), limits.message)


def build_command(server: ToolServer, spec: ContainmentSpec, places: Places) -> tuple[str, ...]:
    """Return the command that starts a server in its sandbox, and write its profile."""
    assert server.command is not None, "a server on this machine has a command"
    profile = places.state / "profiles" / f"{spec.stack}-{server.name}.json"
    home = places.workspaces.get(server.name) or places.state / "homes" / server.name
    try:
        if server.name not in places.workspaces:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(profile, render_server(server, spec), mode=0o644)
    except OSError as error:
        fix = "name a folder that you may write to with --state"
        problem = Problem(str(error.filename or places.state), f"cannot be written: {error.strerror}", _WHY, fix)
        raise InputError("the server is not started", [problem]) from None
    granted = any(one.path == "/home/agent" or one.path.startswith("/home/agent/") for one in server.sandbox.write)
    return (
        sys.executable,
        "-m",
        "containment.launcher",
        "run",
        "--quiet",
        "--profile",
        str(profile),
        *(("--folder", str(home)) if granted else ()),
        "--event-log",
        str(places.event_log),
        *(("--network", str(places.network)) if places.network else ()),
        "--",
        *server.command,
    )


def parse_workspaces(texts: tuple[str, ...], servers: tuple[ToolServer, ...]) -> Mapping[str, Path]:
    """Return the folders of `SERVER=DIR` options; raise InputError with every wrong one."""
    found: dict[str, Path] = {}
    problems = []
    for text in texts:
        name, _, folder = text.partition("=")
        if name not in {one.name for one in servers if one.command}:
            listed = ", ".join(one.name for one in servers if one.command) or "none: the class has no server that is started here"
            problems.append(
                Problem(f"--workspace {text}", f"names {name!r}, which is no server on this machine", _WHY, f"name one of {listed}")
            )
        elif not folder or not Path(folder).is_dir():
            problems.append(Problem(f"--workspace {text}", "names no folder that exists", _WHY, f"mkdir -p {folder or 'DIR'}"))
        else:
            found[name] = Path(folder).resolve()
    if problems:
        raise InputError("the servers are not started", problems)
    return found
