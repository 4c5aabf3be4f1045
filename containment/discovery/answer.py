"""The answer of `containment discover`: tables, JSON and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from pydantic.alias_generators import to_camel

from containment.discovery.comparison import Difference
from containment.discovery.declared import Declared
from containment.discovery.inventory import Certainty, Inventory, count_unseen
from containment.discovery.redaction import SECRET, clean
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.results import Answer, Case, Section

SCHEMA: Final = "containment-discover/v1"
_NOT_VISIBLE: Final = (
    "tools of MCP servers are those that configurations name: a server lists its tools only after a start",
    "names of connections come from /etc/hosts and --resolver-log: the server name inside TLS is not visible, and nothing is resolved",
)


def build_answer(found: Inventory, differences: Sequence[Difference], declared: Declared | None) -> Answer:
    """Return the answer of one discovery.

    Args:
        found: the inventory.
        differences: its differences to the declaration.
        declared: what it was compared with; None without a comparison.
    """
    certain = [one for one in differences if one.is_certain]
    unseen = count_unseen(found.unseen)
    code = Exit.NO if certain else Exit.INCONCLUSIVE if differences or unseen else Exit.OK
    return Answer(
        verb="discover",
        headline=_build_headline(found, differences, certain, declared, unseen),
        exit=code,
        sections=tuple(section for section in build_sections(found, differences) if section.rows),
        cases=tuple(_build_cases(found, differences)),
        sections_tell=True,
        assumptions=tuple(_build_assumptions(found, declared)),
        data=build_data(found, differences, declared),
    )


def _build_headline(
    found: Inventory, differences: Sequence[Difference], certain: Sequence[Difference], declared: Declared | None, unseen: int
) -> str:
    unnamed = sum(one.certainty is Certainty.UNNAMED for one in found.connections)
    counts = (
        f"{_count(len(found.harnesses), 'harness', 'harnesses')}, {_count(len(found.servers), 'MCP server')} in configurations, "
        f"{len(found.server_processes)} running in no configuration, {_count(len(found.skills), 'skill')}, "
        f"{_count(len(found.connections), 'model connection')}{f' ({unnamed} without a name)' if unnamed else ''}"
    )
    seen = f"; NOT SEEN: {unseen}" if unseen else ""
    if declared is None:
        return f"found: {counts}{seen}"
    uncertain = len(differences) - len(certain)
    verdict = (
        f"{_count(len(certain), 'difference')} to {declared.name}"
        if certain
        else f"no difference to {declared.name} is certain"
        if uncertain
        else ""
    )
    verdict = verdict or (f"nothing undeclared for {declared.name} in what was seen" if unseen else f"as {declared.name} declares")
    return f"{verdict}{f', {uncertain} uncertain' if uncertain else ''}: {counts}{seen}"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def build_sections(found: Inventory, differences: Iterable[Difference]) -> list[Section]:
    """Return all tables, also empty ones, in the order in which a person reads them."""
    return [
        Section(
            "Differences",
            ("kind", "name", "where", "certain", "reason"),
            tuple((one.subject.value, one.name, one.where, "yes" if one.is_certain else "no", one.reason) for one in differences),
        ),
        Section(
            "NOT SEEN",
            ("reader", "where", "reason", "count"),
            tuple((one.reader.value, one.where, one.reason, str(one.count)) for one in found.unseen),
        ),
        Section(
            "Harnesses",
            ("harness", "pid", "user", "program", "evidence", "container"),
            tuple((one.title, str(one.pid), one.user, one.program, one.evidence, one.container) for one in found.harnesses),
            ("container", "user"),
        ),
        Section(
            "MCP servers in configurations",
            ("name", "file", "command or address", "secrets", "tools", "pids", "state"),
            tuple(
                (
                    one.name,
                    one.file,
                    one.url or " ".join(one.command),
                    ", ".join(f"{name} {SECRET}" for name in one.secrets),
                    ", ".join(one.tools),
                    ", ".join(map(str, one.pids)),
                    "on" if one.enabled else "off",
                )
                for one in found.servers
            ),
            ("tools", "pids", "state"),
        ),
        Section(
            "MCP servers that run and are in no configuration",
            ("pid", "user", "name", "evidence", "command", "container"),
            tuple((str(one.pid), one.user, one.name, one.evidence, " ".join(one.command), one.container) for one in found.server_processes),
            ("container", "command"),
        ),
        Section(
            "Model connections",
            ("pid", "program", "peer", "endpoint", "certainty", "source"),
            tuple(
                (
                    "NOT SEEN" if one.pid is None else str(one.pid),
                    one.program,
                    f"{one.address} port {one.port}/{one.protocol}",
                    one.endpoint or "not known",
                    one.certainty.value,
                    one.source,
                )
                for one in found.connections
            ),
            ("source",),
        ),
        Section(
            "Listening sockets",
            ("pid", "program", "address", "port", "title"),
            tuple(
                ("NOT SEEN" if one.pid is None else str(one.pid), one.program, one.address, str(one.port), one.title)
                for one in found.listeners
            ),
        ),
        Section(
            "Processes",
            ("pid", "user", "program", "marks", "runs", "command", "container"),
            tuple(
                (str(one.pid), one.user, one.program, ", ".join(one.marks), one.identity, " ".join(one.command), one.container)
                for one in found.processes
            ),
            ("command", "container", "runs"),
        ),
        Section(
            "Skills, plugins, commands and subagents",
            ("name", "kind", "harness", "path", "digest"),
            tuple((one.name, one.kind, one.harness, one.path, one.digest or "NOT SEEN") for one in found.skills),
            ("harness", "digest"),
        ),
    ]


def _build_cases(found: Inventory, differences: Iterable[Difference]) -> Iterable[Case]:
    for one in differences:
        status = Status.FAIL if one.is_certain else Status.INCONCLUSIVE
        yield Case(f"undeclared-{one.subject.value}", f"{one.subject.value} {one.name}", status, one.where, one.reason)
    for each in found.unseen:
        yield Case(
            f"not-seen-{each.reader.name.lower().replace('_', '-')}", each.where, Status.INCONCLUSIVE, "", f"{each.reason} ({each.count})"
        )


def _build_assumptions(found: Inventory, declared: Declared | None) -> Iterable[str]:
    counts = f"{found.processes_read} processes and {found.files_read} configuration files"
    yield f"{counts} were read as {found.view.user}; nothing was executed"
    if found.view.is_own_namespace:
        yield "this is a container's own PID namespace: processes outside it, and their sockets, are not visible from here"
    yield from _NOT_VISIBLE
    if declared is None:
        yield "nothing was compared: give --stack STACK or --declared FILE"


def build_data(found: Inventory, differences: Iterable[Difference], declared: Declared | None) -> dict[str, Any]:
    """Return the fields of the JSON document."""
    facts = asdict(found)
    return {
        "time": datetime.fromtimestamp(found.time, UTC).isoformat(timespec="seconds"),
        "stack": declared.stack if declared else None,
        "agentClass": declared.agent_class if declared else None,
        "compared": declared is not None,
        "declaredDigest": declared.digest if declared else None,
        "view": _rename(facts["view"]),
        "processesRead": found.processes_read,
        "filesRead": found.files_read,
        "differences": [_rename(asdict(one)) for one in differences],
        "notSeen": [_rename(one) for one in facts["unseen"]],
        "harnesses": [_rename(one) for one in facts["harnesses"]],
        "mcpServers": [_rename(one) for one in facts["servers"]],
        "mcpProcesses": [_rename(one) for one in facts["server_processes"]],
        "connections": [_rename(one) for one in facts["connections"]],
        "listeners": [_rename(one) for one in facts["listeners"]],
        "processes": [_rename(one) for one in facts["processes"]],
        "skills": [_rename(one) for one in facts["skills"]],
    }


def _rename(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the fields in camelCase, with texts on one line."""
    return {to_camel(name): _clean_value(value) for name, value in facts.items()}


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(str(value))
    return [_clean_value(one) for one in value] if isinstance(value, (list, tuple)) else value
