"""One discovery: every reader once, joined into an inventory."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from containment.discovery.connections import (
    NameTable,
    Socket,
    find_connections,
    find_listeners,
    read_hosts,
    read_resolver_log,
    read_sockets,
)
from containment.discovery.identity import Identifier, Identity, has_same_command
from containment.discovery.inventory import (
    FoundHarness,
    FoundProcess,
    FoundServer,
    FoundServerProcess,
    Inventory,
    Mark,
    Reader,
    UnseenLog,
    View,
)
from containment.discovery.known_data import load_config_files, load_harness_signs, load_model_ports, load_skill_folders
from containment.discovery.places import Place, find_homes, find_projects, find_roots, find_users
from containment.discovery.processes import ProcessFacts, find_ancestors, is_initial_namespace, read_processes
from containment.discovery.redaction import clean, redact_arguments
from containment.discovery.servers import ConfiguredServer, read_servers
from containment.discovery.skills import read_skills

_LOADER: Final = re.compile(r"ld(-linux[\w-]*|-musl-\w+|-\d[\d.]*)?\.so(\.\d+)*")
_HARNESS_OPTIONS: Final = ("--config", "--settings", "--config-file")
_SUFFIXES: Final = (".json", ".jsonc", ".toml", ".yaml", ".yml")
_CONFIG_OPTIONS: Final = ("--mcp-config", "--mcp-config-file", "--mcp_config")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a discovery is given: more folders to look in, logs of resolvers, and the model endpoints.

    `find_endpoint` returns the catalog set of a name, and None for a name that is no model endpoint. `left_out` are readers that do not
    run, which is counted as not seen.
    """

    projects: tuple[Path, ...] = ()
    homes: tuple[str, ...] = ()
    resolver_logs: tuple[Path, ...] = ()
    find_endpoint: Callable[[str], str | None]
    left_out: Collection[Reader] = ()


@dataclass(slots=True)
class _Known:
    """A process with what it runs."""

    facts: ProcessFacts
    identity: Identity
    marks: set[Mark] = field(default_factory=set)


def discover(options: Options, identifier: Identifier | None = None) -> Inventory:
    """Read everything once and return what was found.

    Args:
        options: where to look.
        identifier: one that is kept between runs, so that program files are searched once.

    Raises:
        InputError: a resolver log cannot be read.
    """
    unseen = UnseenLog()
    for reader in options.left_out:
        unseen.add(reader, "this reader", "was left out")
    runs = frozenset(Reader) - frozenset(options.left_out)
    identifier = identifier or Identifier(signs=load_harness_signs())
    processes = read_processes(unseen) if Reader.PROCESSES in runs else []
    known = {one.pid: _Known(facts=one, identity=_identify(one, identifier)) for one in processes}
    parents = {one.pid: one.parent for one in processes}
    roots = find_roots(processes, unseen)
    users = {root.label: find_users(root, unseen) for root in roots}

    def name_user(one: ProcessFacts) -> str:
        return clean(users.get(one.container, users[""]).get(one.uid, str(one.uid)))

    harnesses = _find_harnesses(known, identifier, name_user) if Reader.HARNESSES in runs else []
    _mark_processes(known, {one.pid for one in harnesses}, parents)
    homes = [home for root in roots for home in find_homes(root, options.homes, unseen)]
    agents = [one.facts for one in known.values() if one.marks & {Mark.HARNESS, Mark.CHILD}]
    projects = find_projects(options.projects, agents, homes, unseen)
    configured, files_read = list[ConfiguredServer](), 0
    if Reader.CONFIGURATIONS in runs:
        named = [place for one in known.values() for place in _find_named_files(one)]
        configured, files_read = read_servers(load_config_files(), homes, projects, roots, named, unseen)
    servers, server_processes = _join_servers(configured, known, parents, identifier, name_user, is_listing=Reader.SERVER_PROCESSES in runs)
    skills = read_skills(load_skill_folders(), homes, projects, roots, unseen) if Reader.SKILLS in runs else []
    programs = {pid: clean(one.facts.program or one.facts.name) for pid, one in known.items()}
    sockets = read_sockets(processes, unseen) if runs & {Reader.CONNECTIONS, Reader.LISTENERS} else list[Socket]()
    table = NameTable()
    read_hosts(table, roots, unseen)
    for path in options.resolver_logs:
        read_resolver_log(table, path)
    if table.rejected:
        unseen.add(Reader.CONNECTIONS, "lines of the resolver logs", "have no form that is read", table.rejected)
    ports = load_model_ports()
    connections = find_connections(sockets, programs, table, options.find_endpoint, ports) if Reader.CONNECTIONS in runs else []
    _mark(known, (one.pid for one in connections), Mark.MODEL_CLIENT)
    marked = frozenset(pid for pid, one in known.items() if one.marks)
    listeners = list(find_listeners(sockets, programs, marked, ports)) if Reader.LISTENERS in runs else []
    _mark(known, (one.pid for one in listeners if one.title), Mark.LISTENER)
    is_own_namespace = not is_initial_namespace()
    return Inventory(
        view=View(
            host=socket.gethostname(),
            user=users[""].get(os.getuid(), str(os.getuid())),
            is_root=os.geteuid() == 0,
            is_own_namespace=is_own_namespace,
            roots=tuple(root.label or "/" for root in roots),
            homes=tuple(clean(one.shown) for one in homes),
            projects=tuple(clean(one.shown) for one in projects),
        ),
        time=time.time(),
        processes_read=len(processes),
        files_read=files_read,
        processes=tuple(_describe_process(one, name_user(one.facts)) for one in known.values() if one.marks or is_own_namespace),
        harnesses=tuple(harnesses),
        servers=tuple(servers),
        server_processes=tuple(server_processes),
        skills=tuple(skills),
        connections=tuple(connections),
        listeners=tuple(listeners),
        unseen=unseen.list(),
    )


def _identify(one: ProcessFacts, identifier: Identifier) -> Identity:
    """Return what a process runs; one that was started by the dynamic loader's own command line runs the loader's argument."""
    arguments, program, program_file = one.arguments, one.program, f"/proc/{one.pid}/exe"
    if _LOADER.fullmatch(PurePosixPath(program).name) and len(arguments) > 1:
        place = next((at for at, word in enumerate(arguments) if at and not word.startswith("-")), 0)
        if place:
            arguments, program = arguments[place:], arguments[place]
            program_file = f"/proc/{one.pid}/root{program}" if program.startswith("/") else f"/proc/{one.pid}/cwd/{program}"
    return identifier.identify(arguments, one.folder, one.root, program, program_file)


def _find_harnesses(known: dict[int, _Known], identifier: Identifier, name_user: Callable[[ProcessFacts], str]) -> list[FoundHarness]:
    found = list[FoundHarness]()
    for pid, one in known.items():
        matched = identifier.find_harness(one.identity)
        if matched is None:
            continue
        sign, evidence = matched
        found.append(
            FoundHarness(
                harness=sign.id,
                title=sign.title,
                pid=pid,
                user=name_user(one.facts),
                program=clean(one.facts.program or one.facts.name),
                evidence=clean(evidence),
                container=one.facts.container,
            )
        )
    return found


def _mark_processes(known: dict[int, _Known], harnesses: set[int], parents: dict[int, int]) -> None:
    for pid, one in known.items():
        marks = (
            (Mark.HARNESS, pid in harnesses),
            (Mark.CHILD, any(each in harnesses for each in find_ancestors(pid, parents))),
            (Mark.RENAMED, one.identity.is_renamed),
            (Mark.INLINE_CODE, one.identity.code_at is not None),
            (Mark.DELETED, one.facts.is_deleted),
            (Mark.CONTAINED, bool(one.facts.container)),
        )
        one.marks |= {mark for mark, applies in marks if applies}


def _mark(known: dict[int, _Known], pids: Iterable[int | None], mark: Mark) -> None:
    for pid in pids:
        if pid in known:
            known[pid].marks.add(mark)


def _find_named_files(one: _Known) -> list[Place]:
    """Return the configurations that a process names on its command line."""
    options = (*_CONFIG_OPTIONS, *_HARNESS_OPTIONS) if Mark.HARNESS in one.marks else _CONFIG_OPTIONS
    arguments, found = one.facts.arguments, list[str]()
    for place, word in enumerate(arguments):
        option, mark, value = word.partition("=")
        if option in options:
            found += [value] if mark else list(arguments[place + 1 : place + 2])
    paths = [path if path.startswith("/") else f"{one.facts.folder}/{path}" for path in found if path.endswith(_SUFFIXES)]
    return [Place(root=one.facts.root, path=os.path.normpath(path)) for path in paths if path.startswith("/")]


def _join_servers(
    configured: Sequence[ConfiguredServer],
    known: dict[int, _Known],
    parents: dict[int, int],
    identifier: Identifier,
    name_user: Callable[[ProcessFacts], str],
    *,
    is_listing: bool,
) -> tuple[list[FoundServer], list[FoundServerProcess]]:
    """Return the configured servers with their processes, and the processes of servers that no configuration names."""
    servers, running = list[FoundServer](), set[int]()
    for one in configured:
        pids = _find_pids(one, known, identifier)
        running |= {*pids}
        servers.append(replace(one.found, pids=tuple(sorted(pids))))
    for pid in running:
        known[pid].marks.add(Mark.MCP)
    if not is_listing:
        return servers, []
    found = dict[int, FoundServerProcess]()
    for pid, each in known.items():
        if pid in running or Mark.HARNESS in each.marks or any(up in running for up in find_ancestors(pid, parents)):
            continue
        evidence = identifier.find_mcp_evidence(each.identity, each.facts.arguments, each.facts.root)
        if evidence:
            each.marks.add(Mark.MCP)
            found[pid] = FoundServerProcess(
                pid=pid,
                user=name_user(each.facts),
                name=clean(each.identity.label or each.facts.name),
                command=redact_arguments(each.facts.arguments, each.identity.code_at)[0],
                evidence=clean(evidence),
                container=each.facts.container,
            )
    starters = {up for pid in found for up in find_ancestors(pid, parents) if up in found}  # npx and the server that it started are one
    return servers, [one for pid, one in found.items() if pid not in starters]


def _find_pids(one: ConfiguredServer, known: dict[int, _Known], identifier: Identifier) -> set[int]:
    if not one.arguments:
        return set()
    wanted = identifier.identify(one.arguments, str(PurePosixPath(one.place.path).parent), one.place.root)
    name = PurePosixPath(one.arguments[0]).name
    rest = one.arguments[1:]
    found = set[int]()
    for pid, each in known.items():
        if not (one.place.root.is_own and not each.facts.has_own_root) and each.facts.container != one.place.root.label:
            continue  # a process of another file system runs another file
        arguments = each.facts.arguments
        is_same = has_same_command(arguments, one.arguments) or bool(wanted.keys & each.identity.keys)
        is_script = not wanted.runtime and name in each.identity.names and arguments[len(arguments) - len(rest) :] == rest
        if is_same or is_script:
            found.add(pid)
    return found


def _describe_process(one: _Known, user: str) -> FoundProcess:
    facts = one.facts
    return FoundProcess(
        pid=facts.pid,
        parent=facts.parent,
        user=user,
        program=clean(facts.program or facts.name),
        command=redact_arguments(facts.arguments, one.identity.code_at)[0],
        runtime=one.identity.runtime,
        container=facts.container,
        started=facts.started,
        marks=tuple(mark for mark in Mark if mark in one.marks),
        identity=clean(one.identity.label),
    )
