"""`containment tools`: MCP servers of a class, their review, and the gateway in front of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import exit_on_error, refuse_usage
from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import StackOptions, TableIn, print_answer, take_options
from containment.errors import InputError, Problem
from containment.extras import TOOLS
from containment.input_reader import InputReader, PendingInput
from containment.queries.results import Answer

if TYPE_CHECKING:  # the imports load the MCP library, which the other commands do not need
    from containment.catalog.preset import Library
    from containment.config.spec import ContainmentSpec
    from containment.tools.confined import Places
    from containment.tools.pins import ListedTool

ServerName = Annotated[str, typer.Argument(help="A file of presets/tools/servers/, without .yaml.")]

app = typer.Typer(help="List, check, pin and serve the tools of an agent class.", no_args_is_help=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """The options of commands that start servers: their folders, log and network."""

    state_folder: Annotated[Path | None, typer.Option("--state-folder", help="A private folder for profiles and homes of servers.")] = None
    event_log: Annotated[Path | None, typer.Option("--event-log", help="Append events (OCSF) to this file.")] = None
    proxy: Annotated[str | None, typer.Option("--proxy", help="Reach remote servers through this proxy.")] = None
    network: Annotated[Path | None, typer.Option("--network", help="The network service's socket, for servers.")] = None

    def find_places(self) -> Places:
        """Return where servers run; end the command without the extra `tools`."""

        TOOLS.require()
        from containment.launcher.start import find_event_log
        from containment.tools.confined import Places, find_state_folder

        return Places(
            state=(self.state_folder or find_state_folder()).resolve(),
            event_log=(self.event_log or find_event_log()).resolve(),
            proxy=self.proxy,
            network=self.network,
        )


@app.command("list", epilog=build_epilog("tools list"))
@print_answer(TableIn)
def list_(source: StackOptions) -> Answer:
    """List the MCP servers, tools and tasks of a stack."""
    from containment.queries.tools import list_tools

    return list_tools(*source.read_with_library())


@app.command("show", epilog=build_epilog("tools show"))
@print_answer(TableIn)
def show(server: ServerName) -> Answer:
    """Show one server: its reach, tools and argument limits."""
    from containment.loaders.presets import load_library
    from containment.queries.tools import show_server

    return show_server(server, load_library())


@app.command("check", epilog=build_epilog("tools check"))
@print_answer(TableIn)
def check(
    source: StackOptions,
    servers: ServerOptions,
    live: Annotated[bool, typer.Option("--live", help="Start each server and compare what it lists.")] = False,
) -> Answer:
    """Check the servers of a stack against their review.

    With --live, every server is started inside its own sandbox.
    """
    from containment.queries.tools import check_tools

    spec, library = source.read_with_library()
    if not live:
        return check_tools(spec, library)
    from containment.renderings.tool_servers import build_tool_scope

    listings: dict[str, dict[str, ListedTool] | str] = {}
    for server in build_tool_scope(spec, library).servers:
        try:
            listings[server.name] = _read_listing(server.name, spec, library, servers.find_places())
        except InputError as error:
            listings[server.name] = "; ".join(one.what for one in error.problems)
    return check_tools(spec, library, listings)


@app.command("pin", epilog=build_epilog("tools pin"))
@print_answer(TableIn)
def pin(
    server: ServerName,
    source: StackOptions,
    servers: ServerOptions,
) -> Answer:
    """Compute the digests of what a server lists now.

    The server is started inside its own sandbox. Nothing is written: to review the server, add the digests to its file.
    """
    from containment.loaders.presets import load_library
    from containment.queries.tools import describe_pins, find_server

    library = load_library()
    reader = InputReader("the server cannot be pinned")
    spec = reader.read(lambda: source.read(library))
    found = reader.read(lambda: find_server(server, library))
    reader.require()
    return describe_pins(found.value, _read_listing(server, spec.value, library, servers.find_places()))


@app.command("serve", epilog=build_epilog("tools serve"))
@take_options
def serve(
    task: Annotated[str, typer.Option("--task", help="The task of the agent.")],
    source: StackOptions,
    servers: ServerOptions,
    socket: Annotated[Path | None, typer.Option("--socket", help="Serve on this Unix socket.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Serve HTTP on 127.0.0.1; 0 is any port.", min=0, max=65535)] = None,
    workspace: Annotated[list[str] | None, typer.Option("--workspace", metavar="SERVER=DIR", help="A server's /home/agent.")] = None,
    decisions: Annotated[Path | None, typer.Option("--decisions", help="Folder of decisions; without it actions are denied.")] = None,
) -> None:
    """Serve a task's tools over MCP: stdin and stdout by default.

    Every call is decided by the Cedar policy of the class and recorded. For an agent in a sandbox, use --socket, in the agent's folder.
    """
    from contextlib import ExitStack

    def require_one_place() -> None:
        if socket is not None and port is not None:
            fix = "give one, or neither for stdin and stdout"
            refuse_usage("--socket and --port", "are both given", "a server listens in one place", fix)

    with exit_on_error(OSError), ExitStack() as context:
        TOOLS.require()
        import anyio

        from containment.renderings.tool_servers import build_tool_scope
        from containment.tools import serving
        from containment.tools.action_gate import ActionGate, DenyingGate
        from containment.tools.assembly import build_gateway, require_task
        from containment.tools.confined import parse_workspaces
        from containment.tools.decisions import CallPolicy
        from containment.tools.limits import GatewayLimits

        reader = InputReader("nothing is served")
        reader.read(require_one_place)
        pending = reader.read(source.read_with_library)
        if decisions is not None:
            reader.read(lambda: _require_folder(decisions))
        folders: PendingInput[Mapping[str, Path]] | None = None
        if pending.is_read:
            spec, library = pending.value
            scope = build_tool_scope(spec, library)
            reader.read(lambda: require_task(scope, task))
            folders = reader.read(lambda: parse_workspaces(tuple(workspace or ()), scope.servers))
        reader.require()
        assert folders is not None, "a stack that cannot be read raises"
        places = replace(servers.find_places(), workspaces=folders.value)
        limits = GatewayLimits()
        policy = CallPolicy(scope)
        gate: ActionGate = DenyingGate()
        if decisions is not None:
            from containment.human_gate.gate import HumanGate

            gate = context.enter_context(
                HumanGate(decisions, stack=spec.stack, agent_class=spec.preset.name, read_policy=lambda: policy.digest)
            )
        gateway = build_gateway(spec, policy, task, places, gate=gate, event_log=places.event_log, limits=limits)
        if socket is not None:
            anyio.run(serving.serve_socket, gateway, socket, limits, lambda: _report(f"serving {task} on {socket}"))
        elif port is not None:
            anyio.run(serving.serve_http, gateway, port, limits, lambda found: _report(f"serving {task} on http://127.0.0.1:{found}/mcp"))
        else:
            anyio.run(serving.serve_stdio, gateway, limits)


def _read_listing(name: str, spec: ContainmentSpec, library: Library, places: Places) -> dict[str, ListedTool]:
    from containment.tools.assembly import read_listing
    from containment.tools.limits import GatewayLimits

    return dict(read_listing(library.tools.servers[name], spec, places, GatewayLimits()))


def _require_folder(folder: Path) -> None:

    if not folder.is_dir():
        why = "a folder that is created here names no approvers, so no decision would be possible"
        fix = "name the folder with approvers.yaml"
        raise InputError("nothing is served", [Problem(f"--decisions {folder}", "does not exist", why, fix)])


def _report(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
