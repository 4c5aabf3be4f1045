"""What discovery finds: processes, servers, skills and connections, and what it could not see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from containment.discovery.redaction import clean


class Reader(StrEnum):
    """The parts of a discovery; each can find something, and each can fail to see something."""

    PROCESSES = "processes"
    HARNESSES = "harnesses"
    CONFIGURATIONS = "mcp configurations"
    SERVER_PROCESSES = "mcp processes"
    SKILLS = "skills"
    CONNECTIONS = "connections"
    LISTENERS = "listeners"


class Mark(StrEnum):
    """Why a process is listed apart from its name."""

    RENAMED = "renamed runtime"
    INLINE_CODE = "code on the command line"
    DELETED = "deleted program"
    CONTAINED = "in another namespace or root"
    CHILD = "started by a harness"
    MCP = "MCP server"
    HARNESS = "harness"
    MODEL_CLIENT = "connected to a model"
    LISTENER = "listens on a model port"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Unseen:
    """Something that exists, or may exist, and could not be read; `count` is how many of its kind."""

    reader: Reader
    where: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProcess:
    """One process that belongs to an agent or has a mark; `command` is redacted."""

    pid: int
    parent: int
    user: str
    program: str
    command: tuple[str, ...]
    runtime: str
    container: str
    started: float
    marks: tuple[Mark, ...]
    identity: str = ""
    """The package, module or script that runs; empty where it is the program itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHarness:
    """One running harness; `evidence` names what matched."""

    harness: str
    title: str
    pid: int
    user: str
    program: str
    evidence: str
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """One MCP server of a configuration; values of its environment and headers are never kept.

    Attributes:
        name: the name in the configuration.
        file: the configuration's path.
        harness: the harness that reads the file.
        command: the redacted command; empty for a remote server.
        url: the redacted address; empty for a local server.
        secrets: names of environment variables, headers and options with a secret value.
        tools: tools that the configuration names; which others the server has is not seen.
        enabled: False where the configuration switches it off.
        pids: processes that run it.
        digest: SHA-256 of the redacted entry.
    """

    name: str
    file: str
    harness: str
    command: tuple[str, ...] = ()
    url: str = ""
    secrets: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    enabled: bool = True
    pids: tuple[int, ...] = ()
    container: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServerProcess:
    """A process that runs an MCP server which no configuration names; `evidence` is why it counts as one."""

    pid: int
    user: str
    name: str
    command: tuple[str, ...]
    evidence: str
    container: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSkill:
    """A skill, plugin, command or subagent on disk, with the SHA-256 of its content; empty where it could not be read whole."""

    name: str
    kind: str
    harness: str
    path: str
    digest: str
    files: int
    container: str = ""


class Certainty(StrEnum):
    """How the name of a connection's peer is known."""

    NAMED = "named"
    SHARED = "address has several names"
    UNNAMED = "address without a name"
    PORT = "port of a local model server"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConnection:
    """One connection to a model, or to port 443 of an address without a name; `pid` is None where the owner is not seen."""

    pid: int | None
    program: str
    address: str
    port: int
    protocol: str
    names: tuple[str, ...]
    endpoint: str
    """The model endpoint, or the title of the port; empty where it is not known."""
    certainty: Certainty
    source: str
    """Where the name comes from."""
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundListener:
    """One listening socket of an agent's process, or on the port of a local model server."""

    pid: int | None
    program: str
    address: str
    port: int
    title: str
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was looked at: the host's name, the rights, and whether this is a container's own PID namespace."""

    host: str
    user: str
    is_root: bool
    is_own_namespace: bool
    roots: tuple[str, ...] = ()
    homes: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that one discovery found; `processes_read` counts all processes, not only those that are listed."""

    view: View
    time: float
    processes_read: int
    files_read: int
    processes: tuple[FoundProcess, ...] = ()
    harnesses: tuple[FoundHarness, ...] = ()
    servers: tuple[FoundServer, ...] = ()
    server_processes: tuple[FoundServerProcess, ...] = ()
    skills: tuple[FoundSkill, ...] = ()
    connections: tuple[FoundConnection, ...] = ()
    listeners: tuple[FoundListener, ...] = ()
    unseen: tuple[Unseen, ...] = ()


@dataclass(slots=True)
class UnseenLog:
    """Collects what was not seen, and counts repetitions."""

    _counts: dict[tuple[Reader, str, str], int] = field(default_factory=dict)

    def add(self, reader: Reader, where: str, reason: str, count: int = 1) -> None:
        """Count something that was not seen."""
        key = (reader, clean(where), clean(reason))
        self._counts[key] = self._counts.get(key, 0) + count

    def list(self) -> tuple[Unseen, ...]:
        """Return what was not seen, sorted."""
        return tuple(sorted(Unseen(reader=one[0], where=one[1], reason=one[2], count=count) for one, count in self._counts.items()))


def count_unseen(unseen: Iterable[Unseen]) -> int:
    """Return how many things were not seen."""
    return sum(one.count for one in unseen)
