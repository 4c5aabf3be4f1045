"""The `tools` commands: servers and tasks of a class, checks of them, and the digests that a person reviews."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from containment.catalog.preset import Library
from containment.config.spec import ContainmentSpec
from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.extras import TOOLS
from containment.fixes.nearest_word import make_proposal
from containment.preflight.finding import Status
from containment.queries.layers import build_tool_data, build_tool_sections, describe_place
from containment.queries.results import Answer, Case, Section
from containment.renderings.tool_servers import (
    build_tool_scope,
    find_denied_connections,
    find_ways_around,
    is_host_permitted,
    resolve_server,
)
from containment.tool_scopes.arguments import Argument
from containment.tool_scopes.scope import ToolScope
from containment.tool_scopes.server import ServerTool, ToolServer
from containment.tools.pins import ListedTool


def list_tools(spec: ContainmentSpec, library: Library) -> Answer:
    """Return the servers and tasks of a stack's class, and the tools that were not reviewed."""
    scope = build_tool_scope(spec, library)
    tools = [(server, tool) for server in scope.servers for tool in server.tools]
    rows = tuple(
        (tool.name, server.name, "yes" if tool.digest else "NO", tool.action or "-", _format_arguments(tool)) for server, tool in tools
    )
    section = Section("Tools", ("tool", "server", "reviewed", "action", "arguments"), rows, drop_first=("arguments",))
    reviewed = sum(tool.digest is not None for _, tool in tools)
    headline = f"{spec.stack} ({spec.preset.name}): {len(scope.servers)} servers, {len(tools)} tools, {reviewed} of them reviewed"
    if not scope.servers:
        headline = f"{spec.stack}: {spec.preset.name} lists no MCP server, so its agents call no tool through the gateway"
    sections = (*build_tool_sections(scope), *([section] if rows else []))
    data = {"stack": spec.stack, "refusalsPerMinute": spec.preset.tools.refusals_per_minute, **(build_tool_data(scope) or {})}
    return Answer("tools", headline, Exit.OK, sections, data=data)


def show_server(name: str, library: Library) -> Answer:
    """Return one server's file as tables; raise InputError if there is none of the name."""
    server = find_server(name, library)
    facts = (
        ("purpose", server.purpose),
        ("owner", server.owner),
        ("reason", server.reason),
        ("where", describe_place(server)),
        *((("command", " ".join(server.command)),) if server.command else ()),
        *(("reaches", f"{entry.kind.value}: {entry.what}") for entry in server.reaches),
    )
    rows = tuple(
        (tool.name, argument, limits, tool.action or "-", tool.digest or "not reviewed")
        for tool in server.tools
        for argument, limits in [(name, _describe_argument(one)) for name, one in tool.arguments.items()] or [("-", "takes no argument")]
    )
    sections = (
        Section("Server", ("field", "value"), facts),
        Section("Tools", ("tool", "argument", "limits", "action", "digest"), rows, drop_first=("digest",)),
    )
    return Answer(
        "tools",
        f"{server.name}: {len(server.tools)} tools",
        Exit.OK,
        sections,
        data={"server": server.model_dump(mode="json", by_alias=True)},
    )


def find_server(name: str, library: Library) -> ToolServer:
    """Return a server by name; raise InputError if there is none."""
    if name not in library.tools.servers:
        fix = make_proposal(name, sorted(library.tools.servers), "add presets/tools/servers/<name>.yaml", verb="name")
        raise InputError("no such server", [Problem(name, "has no file in presets/tools/servers/", "nothing can be shown", fix)])
    return library.tools.servers[name]


def check_tools(spec: ContainmentSpec, library: Library, listings: Mapping[str, Mapping[str, ListedTool] | str] | None = None) -> Answer:
    """Return whether the servers of a stack's class can be used as reviewed.

    Args:
        spec: the stack.
        library: the presets.
        listings: what each server lists now, or why it lists nothing; None if no server was started.
    """
    scope = build_tool_scope(spec, library)
    if not scope.servers:
        headline = f"{spec.stack}: {spec.preset.name} lists no MCP server: there is nothing to check"
        return Answer("tools", headline, Exit.NOTHING, data={"stack": spec.stack})
    cases = [*_check_policy(scope)]
    for server in scope.servers:
        cases += [*_check_server(server, spec, library), *_check_listing(server, None if listings is None else listings[server.name])]
    failed = sum(case.status is Status.FAIL for case in cases)
    open_ = sum(case.status in (Status.SKIPPED, Status.NOT_TESTED) for case in cases)
    code = Exit.NO if failed else Exit.INCONCLUSIVE if open_ else Exit.OK
    word = "NO" if failed else "NOT CERTAIN" if open_ else "YES"
    counts = f"{len(cases) - failed - open_} passed, {failed} failed, {open_} not tested"
    headline = f"{word}: the tools of {spec.stack} are usable as reviewed: {counts}"
    return Answer("tools", headline, code, cases=tuple(cases), data={"stack": spec.stack})


def _check_policy(scope: ToolScope) -> Iterator[Case]:
    title = "the Cedar policy is valid against the schema of the tools"
    if problem := TOOLS.find_problem():
        yield Case("tools-cedar", title, Status.SKIPPED, scope.stack, problem)
        return
    from containment.tools.decisions import CedarEngine

    try:
        CedarEngine(scope)
    except InputError as error:
        yield Case("tools-cedar", title, Status.FAIL, scope.stack, "; ".join(f"{one.where} {one.what}" for one in error.problems))
    else:
        yield Case("tools-cedar", title, Status.PASS, scope.stack)


def _check_server(server: ToolServer, spec: ContainmentSpec, library: Library) -> Iterator[Case]:
    where = f"presets/tools/servers/{server.name}.yaml"
    unpinned = [tool.name for tool in server.tools if tool.digest is None]
    how = (
        f"run `containment tools pin {server.name} --stack {spec.stack}` where the server is installed, and write the digests into {where}"
    )
    text = (
        f"no digest for {', '.join(unpinned)}, so each call is refused; {how} (docs/guides/tools.md, Review a server)" if unpinned else ""
    )
    yield _decide("tools-reviewed", "every tool has the digest of its review", not unpinned, where, text)
    if server.url is not None:
        is_permitted = is_host_permitted(server, spec)
        text = "" if is_permitted else f"{server.host} is not permitted: name it in approvedMcpGatewayDomains of Pulumi.{spec.stack}.yaml"
        yield _decide("tools-host", "the stack permits the server's host", is_permitted, f"{where}:url", text)
        around = find_ways_around(server, spec, library)
        title = "the agent's own sandbox has no way to the server past the gateway"
        yield _decide("tools-around", title, not around, f"presets/{spec.preset.name}.yaml:sandbox", "\n".join(around))
        return
    assert server.command is not None, "a server without a url has a command"
    denied = find_denied_connections(server, spec)
    _, unused = resolve_server(server, spec)
    note = f"left out, because the stack does not permit it: {', '.join(unused)}" if unused else ""
    title = "the firewall permits every connection of the server's sandbox"
    yield _decide("tools-egress", title, not denied, f"{where}:sandbox", "\n".join(denied) or note)
    is_there = os.access(server.command[0], os.X_OK)
    text = "" if is_there else f"{server.command[0]} is not on this machine"
    yield Case(
        "tools-installed", "the server's program is installed", Status.PASS if is_there else Status.NOT_TESTED, f"{where}:command", text
    )


def _check_listing(server: ToolServer, listing: Mapping[str, ListedTool] | str | None) -> Iterator[Case]:
    where, title = f"presets/tools/servers/{server.name}.yaml", "the server lists its tools as they were reviewed"
    if listing is None or isinstance(listing, str):
        yield Case("tools-listed", title, Status.NOT_TESTED, where, listing or "no server was started: use --live")
        return
    for tool in server.tools:
        problems = list(find_listing_problems(tool, listing.get(tool.name)))
        yield _decide("tools-listed", title, not problems, f"{where}:tools.{tool.name}", "\n".join(problems))


def _decide(id_: str, title: str, is_kept: bool, where: str, text: str) -> Case:
    return Case(id_, title, Status.PASS if is_kept else Status.FAIL, where, text)


def find_listing_problems(tool: ServerTool, listed: ListedTool | None) -> Iterator[str]:
    """Yield what is wrong with a reviewed tool, compared with what its server lists now."""
    if listed is None:
        yield f"{tool.name} is not listed by the server"
        return
    if tool.digest is not None and listed.digest != tool.digest:
        yield f"{tool.name} has another description or schema than was reviewed: {listed.digest}"
    for name in sorted({*tool.arguments, *tool.omitted} - listed.arguments):
        yield f"{tool.name} has no argument {name} at its server"
    for name in sorted(listed.arguments - {*tool.arguments, *tool.omitted}):
        yield f"{tool.name} takes {name}, which the file neither declares nor omits: add it to one of the two"
    for name in sorted(listed.required - {key for key, argument in tool.arguments.items() if argument.required}):
        yield f"{tool.name} requires {name}, which the file does not: set required: true"


def describe_pins(server: ToolServer, listing: Mapping[str, ListedTool]) -> Answer:
    """Return the digests of what a server lists now, for a person to read and to write into the file; NO if a review is needed."""
    rows = []
    changed = []
    for name in sorted(listing):
        tool, listed = server.get_tool(name), listing[name]
        state = "not in the file" if tool is None else "reviewed" if tool.digest == listed.digest else "CHANGED" if tool.digest else "new"
        if state in ("CHANGED", "new"):
            changed.append(name)
        rows.append(
            (name, state, listed.digest or "no canonical form", _quote(listed.description), ", ".join(sorted(listed.arguments)) or "-")
        )
    missing = [tool.name for tool in server.tools if tool.name not in listing]
    rows += [(name, "NOT LISTED", "-", "-", "-") for name in missing]
    problems = [text for tool in server.tools for text in find_listing_problems(tool, listing.get(tool.name)) if "was reviewed" not in text]
    sections = [Section("Digests of what the server lists now", ("tool", "state", "digest", "description", "arguments"), tuple(rows))]
    file = f"presets/tools/servers/{server.name}.yaml"
    lines = tuple((f"- name: {name}", f"digest: {listing[name].digest}") for name in changed if listing[name].digest)
    if lines:
        title = f"Lines for {file}: each digest belongs to the entry of its tool, once a person has read the description"
        sections.append(Section(title, ("entry", "line"), lines))
    if problems:
        sections.append(Section("Arguments to review", ("what",), tuple((one,) for one in problems)))
    count = len(changed) + len(missing)
    headline = (
        f"{server.name}: {count} tools need a review: read the descriptions, write the digests into {file}, then `tools check --live`"
        if count
        else f"{server.name}: every tool of {file} is listed as it was reviewed"
    )
    data = {"server": server.name, "tools": [_build_pin_data(server, one) for _, one in sorted(listing.items())], "missing": missing}
    return Answer("tools", headline, Exit.NO if count else Exit.OK, tuple(sections), data=data)


def _build_pin_data(server: ToolServer, listed: ListedTool) -> dict[str, Any]:
    tool = server.get_tool(listed.name)
    return {
        "name": listed.name,
        "digest": listed.digest,
        "reviewed": tool.digest if tool else None,
        "description": listed.description,
        "inputSchema": listed.input_schema,
    }


def _quote(text: str) -> str:
    """Return a server's text with everything visible: a reviewer has to see invisible characters."""
    return "".join(one if one.isprintable() and (one.isascii() or one.isalpha()) else f"\\u{{{ord(one):x}}}" for one in text)


def _format_arguments(tool: ServerTool) -> str:
    return ", ".join(f"{name}: {argument.type}" for name, argument in tool.arguments.items()) or "-"


def _describe_argument(argument: Argument) -> str:
    given = argument.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    kind = given.pop("type")
    return ", ".join([kind, *(f"{key}: {value}" for key, value in given.items())])
