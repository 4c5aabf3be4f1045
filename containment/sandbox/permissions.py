"""What processes may do, as plain values: the permissions of a class, or those that a rendered policy grants.

Everything that is not listed is denied. `origin` is the place of a permission in its own file, for counterexamples.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

from containment.addresses.port_range import PortRange
from containment.patterns.domain import DomainPattern

Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class PathGrant:
    """A path with everything below it; `path` is as it was written."""

    path: str
    origin: str = ""
    why: str = ""
    """Why an effective permission differs from the written one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A set of connections and of requests on them.

    `host` None is any name, and `networks` are then the addresses; with a host, `networks` are addresses beyond its public ones. `requests`
    are globs over `METHOD /path`, or `tools/call NAME` for MCP; None is any content. `tls` is whether only TLS is carried.
    """

    host: DomainPattern | None
    networks: tuple[Network, ...] = ()
    ports: tuple[PortRange, ...]
    tls: bool = True
    requests: tuple[str, ...] | None = None
    origin: str = ""
    why: str = ""

    def __str__(self) -> str:
        place = str(self.host) if self.host else ", ".join(map(str, self.networks)) or "any host"
        return f"{place}:{','.join(map(str, self.ports))}"


@dataclass(frozen=True, slots=True)
class ProgramEgress:
    """Connections of one program; `program` is a path or a glob."""

    program: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The tools that one task may call."""

    name: str
    tools: tuple[str, ...]
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Everything that processes may read, write, run and call.

    `programs` are those that may be started; None where the rendering has no rule for that. `others` are further permissions, each as
    (origin, what it permits), which no class can grant.
    """

    read: tuple[PathGrant, ...] = ()
    write: tuple[PathGrant, ...] = ()
    programs: tuple[PathGrant, ...] | None = ()
    egress: tuple[ProgramEgress, ...] = ()
    tasks: tuple[Task, ...] | None = ()
    others: tuple[tuple[str, str], ...] = ()
