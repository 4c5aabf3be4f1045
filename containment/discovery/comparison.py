"""Compare what was found with what a class declares: every difference has a reason, and what is not known is never agreement."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import PurePosixPath

from containment.discovery.declared import Declared, DeclaredServer
from containment.discovery.identity import has_same_command
from containment.discovery.inventory import (
    Certainty,
    FoundConnection,
    FoundProcess,
    FoundServer,
    FoundSkill,
    Inventory,
    Mark,
)
from containment.discovery.redaction import redact_address, redact_arguments
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary


class Subject(StrEnum):
    """What a difference is about."""

    HARNESS = "harness"
    PROGRAM = "program"
    MCP_SERVER = "mcp-server"
    MCP_PROCESS = "mcp-process"
    TOOL = "tool"
    SKILL = "skill"
    MODEL_CONNECTION = "model-connection"
    LISTENER = "listener"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Difference:
    """Something that is not declared; `is_certain` is False where it is not known whether it is."""

    subject: Subject
    name: str
    where: str
    reason: str
    is_certain: bool = True


_AGENT_MARKS = frozenset(Mark) - {Mark.CONTAINED}
"""Marks of processes whose programs are compared, also where not every process is an agent's."""


def compare(found: Inventory, declared: Declared, *, all_programs: bool) -> tuple[Difference, ...]:
    """Return every difference, sorted.

    Args:
        found: the inventory.
        declared: what the class declares.
        all_programs: whether every listed process counts, not only those of agents.
    """
    return tuple(
        sorted(
            {
                *_compare_harnesses(found, declared),
                *_compare_programs(found, declared, all_programs=all_programs),
                *(each for one in found.servers for each in _compare_server(one, declared)),
                *_compare_server_processes(found, declared),
                *(each for one in found.skills for each in _compare_skill(one, declared)),
                *(each for one in found.connections for each in _compare_connection(one, declared)),
                *_compare_listeners(found, declared),
            }
        )
    )


def _compare_harnesses(found: Inventory, declared: Declared) -> Iterator[Difference]:
    listed = ", ".join(declared.harnesses) or "no harness"
    for one in found.harnesses:
        if one.harness not in declared.harnesses:
            reason = f"{one.title} runs ({one.evidence}); the class declares {listed}"
            yield Difference(subject=Subject.HARNESS, name=one.harness, where=_show_process(one.pid, one.container), reason=reason)


def _compare_programs(found: Inventory, declared: Declared, *, all_programs: bool) -> Iterator[Difference]:
    for one in found.processes:
        if not all_programs and not _AGENT_MARKS & {*one.marks}:
            continue
        where = _show_process(one.pid, one.container)
        reason = _find_program_reason(one, declared)
        if reason:
            yield Difference(subject=Subject.PROGRAM, name=one.program, where=where, reason=reason)
        elif not one.program.startswith("/"):
            reason = "the path of its program is not seen, so that it cannot be compared"
            yield Difference(subject=Subject.PROGRAM, name=one.program, where=where, reason=reason, is_certain=False)


def _find_program_reason(one: FoundProcess, declared: Declared) -> str:
    marks = f" ({', '.join(one.marks)})" if one.marks else ""
    if Mark.DELETED in one.marks:
        return f"the file that runs is deleted, so that it is not the file that is declared{marks}"
    servers = [each.command[0] for each in declared.mcp_servers if each.command] if Mark.MCP in one.marks else []
    if one.program.startswith("/") and not any(_is_program(one.program, pattern) for pattern in (*declared.programs, *servers)):
        return f"is not a program of the class{marks}"
    return ""


def _is_program(path: str, pattern: str) -> bool:
    one, other = PurePosixPath(path), PurePosixPath(pattern)
    return one.parent == other.parent and fnmatch.fnmatchcase(one.name, other.name)


def _compare_server(one: FoundServer, declared: Declared) -> Iterator[Difference]:
    same = [each for each in declared.mcp_servers if each.name == one.name]
    where = f"{one.file} ({one.harness})" if one.harness else one.file
    state = "" if one.enabled else "; it is switched off in the file"
    if not same:
        listed = ", ".join(each.name for each in declared.mcp_servers) or "no MCP server"
        reason = f"is not an MCP server of the class, which declares {listed}{state}"
        yield Difference(subject=Subject.MCP_SERVER, name=one.name, where=where, reason=reason)
        return
    fitting = [each for each in same if _has_same_reach(one, each)]
    if not fitting:
        reason = f"is declared with {_show_reach(same[0])}, and configured with {one.url or ' '.join(one.command) or 'neither'}{state}"
        yield Difference(subject=Subject.MCP_SERVER, name=one.name, where=where, reason=reason)
        return
    tools = {tool for each in fitting for tool in each.tools}
    for tool in one.tools:
        if tool not in tools:
            reason = f"{one.name} is configured with this tool, which the class does not list"
            yield Difference(subject=Subject.TOOL, name=tool, where=where, reason=reason)


def _has_same_reach(one: FoundServer, declared: DeclaredServer) -> bool:
    if declared.url:
        return one.url == redact_address(declared.url)[0]
    return one.command == redact_arguments(declared.command)[0]


def _show_reach(declared: DeclaredServer) -> str:
    return redact_address(declared.url)[0] if declared.url else " ".join(redact_arguments(declared.command)[0])


def _compare_server_processes(found: Inventory, declared: Declared) -> Iterator[Difference]:
    for one in found.server_processes:
        if any(has_same_command(one.command, redact_arguments(each.command)[0]) for each in declared.mcp_servers):
            continue  # a server of the class that a gateway starts
        reason = f"an MCP server runs that no configuration names ({one.evidence})"
        yield Difference(subject=Subject.MCP_PROCESS, name=one.name, where=_show_process(one.pid, one.container), reason=reason)


def _compare_skill(one: FoundSkill, declared: Declared) -> Iterator[Difference]:
    same = [each for each in declared.skills if each.name == one.name]
    if not same:
        reason = f"is not a {one.kind} of the class ({one.digest[:19] or 'no digest'})"
        yield Difference(subject=Subject.SKILL, name=one.name, where=one.path, reason=reason)
    elif not one.digest:
        reason = "its content is not readable, so that it cannot be compared"
        yield Difference(subject=Subject.SKILL, name=one.name, where=one.path, reason=reason, is_certain=False)
    elif not any(each.digest == one.digest for each in same):
        is_certain = all(each.digest for each in same)
        reason = (
            f"its content is {one.digest}, which is not declared"
            if is_certain
            else "is declared without a digest, so that its content is not compared"
        )
        yield Difference(subject=Subject.SKILL, name=one.name, where=one.path, reason=reason, is_certain=is_certain)


def _compare_connection(one: FoundConnection, declared: Declared) -> Iterator[Difference]:
    peer = f"{one.address} port {one.port}"
    name = one.endpoint or peer
    where = _show_process(one.pid, one.container, one.program)
    if _is_in(one.address, declared.parse_networks()):
        return
    if one.certainty is Certainty.NAMED:
        denied = [each for each in one.names if not is_permitted(each, declared)]
        if denied:
            reason = f"the class does not permit {', '.join(denied)} ({peer}, named by {one.source})"
            is_certain = len(denied) == len(one.names)
            yield Difference(subject=Subject.MODEL_CONNECTION, name=name, where=where, reason=reason, is_certain=is_certain)
    elif one.certainty is Certainty.PORT:
        if one.port not in declared.local_ports:
            reason = f"{peer} is the port of {one.endpoint}, which the class does not declare"
            yield Difference(subject=Subject.MODEL_CONNECTION, name=name, where=where, reason=reason)
    else:
        known = ", ".join(one.names)
        reason = (
            f"{peer} has several names ({known}): which one it is, is not visible"
            if known
            else f"{peer} has no name: what it reaches is not known"
        )
        is_certain = bool(known) and not any(is_permitted(each, declared) for each in one.names)
        yield Difference(subject=Subject.MODEL_CONNECTION, name=name, where=where, reason=reason, is_certain=is_certain)


def _compare_listeners(found: Inventory, declared: Declared) -> Iterator[Difference]:
    for one in found.listeners:
        if one.title and one.port not in declared.local_ports:
            reason = f"listens on {one.address} port {one.port}, the port of {one.title}, which the class does not declare"
            where = _show_process(one.pid, one.container, one.program)
            yield Difference(subject=Subject.LISTENER, name=one.title, where=where, reason=reason)


def is_permitted(name: str, declared: Declared) -> bool:
    """Return whether a class permits a name: a pattern matches it, and none that denies it."""
    if any(_is_match(name, text, Ternary.YES, Ternary.MAYBE) for text in declared.denied_models):
        return False
    return any(_is_match(name, text, Ternary.YES) for text in declared.models)


def _is_match(name: str, text: str, *answers: Ternary) -> bool:
    return DomainPattern.parse(text).matches(name) in answers


def _is_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return bool(address) and any(ip_address(address) in network for network in networks)


def _show_process(pid: int | None, container: str, program: str = "") -> str:
    shown = f"process {pid}" if pid is not None else "a process that is not seen"
    return f"{shown}{f' ({program})' if program else ''}{f' in {container}' if container else ''}"
