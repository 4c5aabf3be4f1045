"""Connections and listening sockets with their processes, also in the network namespaces of containers, and the names of their addresses.

Names are known only from files (`/etc/hosts` and logs of resolvers): the server name inside TLS is not visible from here, and nothing is
resolved.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from socket import SOCK_STREAM
from typing import Any, Final

import psutil

from containment.discovery.files import OWN_ROOT, Root, UnreadableError, read_file
from containment.discovery.inventory import Certainty, FoundConnection, FoundListener, Reader, UnseenLog
from containment.discovery.processes import ProcessFacts, explain_denial, read_namespaces
from containment.errors import InputError, Problem

_MOST_LOG: Final = 256 << 20
_DNSMASQ: Final = re.compile(r"\b(?:reply|cached|config|/etc/hosts)\s+(?P<name>\S+)\s+is\s+(?P<value>\S+)")
_NAME: Final = re.compile(r"(?=.{1,253}\.?$)[A-Za-z0-9_*-]{1,63}(\.[A-Za-z0-9_-]{1,63})+\.?")


@dataclass(slots=True)
class NameTable:
    """Names by address, each with the file that has it; `rejected` counts lines of logs that have no form that is read."""

    rejected: int = 0
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, address: str, name: str, source: str) -> None:
        """Add a name of an address; what is neither is left out."""
        shown = parse_address(address)
        if shown and _NAME.fullmatch(name):
            self._names.setdefault(shown, {}).setdefault(name.rstrip(".").lower(), source)

    def find(self, address: str) -> dict[str, str]:
        """Return the names of an address with the file that has each."""
        return self._names.get(parse_address(address), {})


def parse_address(text: str) -> str:
    """Return an address in one spelling, an IPv4 address inside IPv6 as IPv4; empty for other texts."""
    try:
        found: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def read_hosts(table: NameTable, roots: Iterable[Root], unseen: UnseenLog) -> None:
    """Add the names of each file system's `/etc/hosts`."""
    for root in roots:
        try:
            content = read_file(root, "/etc/hosts") or b""
        except UnreadableError as error:
            unseen.add(Reader.CONNECTIONS, f"{root.label or 'this host'}:/etc/hosts", str(error))
            continue
        for line in content.decode(errors="replace").splitlines():
            words = line.partition("#")[0].split()
            for name in words[1:]:
                table.add(words[0], name, "/etc/hosts")


def read_resolver_log(table: NameTable, path: Path) -> None:
    """Add the names of a log: Route 53 Resolver query log, launcher events, dnsmasq's log, hosts lines, or `NAME ADDRESS` lines.

    Raises:
        InputError: the file cannot be read, or no line of it has a name with an address.
    """
    why = "connections would be listed without a name"
    try:
        content = read_file(OWN_ROOT, os.path.realpath(path), _MOST_LOG)
    except UnreadableError as error:
        raise InputError("the resolver log is not read", [Problem(str(path), str(error), why, "name a readable file")]) from None
    if content is None:
        raise InputError("the resolver log is not read", [Problem(str(path), "does not exist", why, "name a file that exists")])
    lines, used = content.decode(errors="replace").splitlines(), 0
    for line in lines:
        pairs = list(_find_pairs(line))
        for name, address in pairs:
            table.add(address, name, str(path))
        used += bool(pairs)
        table.rejected += bool(line.strip()) and not pairs and not line.lstrip().startswith("#")
    if lines and not used:
        fix = "give a Route 53 Resolver query log, dnsmasq's log with log-queries, or lines of the form ADDRESS NAME"
        raise InputError("the resolver log is not read", [Problem(str(path), "has no line with a name and an address", why, fix)])


def _find_pairs(line: str) -> Iterator[tuple[str, str]]:
    if line.lstrip().startswith("{"):
        yield from _find_json_pairs(line)
    elif (found := _DNSMASQ.search(line)) is not None:
        if parse_address(found["value"]):
            yield found["name"], found["value"]
    else:
        words = line.partition("#")[0].split()
        addresses = [word for word in words if parse_address(word)]
        yield from ((word, address) for address in addresses[:1] for word in words if word != address and _NAME.fullmatch(word))


def _find_json_pairs(line: str) -> Iterator[tuple[str, str]]:
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return
    if not isinstance(record, dict):
        return
    answers = record.get("answers")
    if isinstance(record.get("query_name"), str) and isinstance(answers, list):
        values = [str(one.get("Rdata", one.get("rdata", ""))) for one in answers if isinstance(one, dict)]
        yield from ((record["query_name"], value) for value in values if parse_address(value))
    end = record.get("dst_endpoint")
    if isinstance(end, dict) and isinstance(end.get("hostname"), str) and parse_address(str(end.get("ip", ""))):
        yield end["hostname"], str(end["ip"])


_HTTPS: Final = 443
_OVER: Final = frozenset({"TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "CLOSING", "FIN_WAIT1", "FIN_WAIT2"})
_LISTEN: Final = "LISTEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """One IP socket; `peer` is None without a connection, `pid` where the owner is not seen."""

    pid: int | None
    protocol: str
    local: tuple[str, int]
    peer: tuple[str, int] | None
    status: str
    container: str = ""

    @property
    def is_listening(self) -> bool:
        """Whether it accepts connections."""
        return self.status == _LISTEN


def read_sockets(processes: Iterable[ProcessFacts], unseen: UnseenLog) -> list[Socket]:
    """Return the IP sockets of this network namespace and of those that visible processes are in."""
    try:
        found = _read_own_sockets()
        if _count_lost(found):
            found = _read_own_sockets()  # a socket that was opened between the reading of owners and of sockets
    except (psutil.AccessDenied, OSError) as error:
        unseen.add(Reader.CONNECTIONS, "sockets of this machine", f"not readable ({type(error).__name__}): run as root")
        found = []
    lost = _count_lost(found)
    if lost:
        unseen.add(Reader.CONNECTIONS, "processes that own sockets", explain_denial(), lost)
    own = read_namespaces(os.getpid()).get("net")
    for each in processes:
        network = each.namespaces.get("net")
        if network is None or network == own:
            continue
        try:
            found += [_convert(one, each.pid, each.container) for one in psutil.Process(each.pid).net_connections(kind="inet")]
        except psutil.NoSuchProcess:
            continue  # ended since it was listed
        except (psutil.AccessDenied, OSError):
            unseen.add(Reader.CONNECTIONS, "sockets of processes in other network namespaces", explain_denial())
    return found


def _read_own_sockets() -> list[Socket]:
    return [_convert(one, one.pid, "") for one in psutil.net_connections(kind="inet")]


def _count_lost(sockets: Sequence[Socket]) -> int:
    """Return how many sockets have an owner that is not seen; a connection that is not accepted yet has none."""
    is_incoming = _find_incoming(sockets)
    return sum(one.pid is None and one.status not in _OVER and not is_incoming(one) for one in sockets)


def _convert(one: Any, pid: int | None, container: str) -> Socket:
    peer = (parse_address(one.raddr.ip), one.raddr.port) if one.raddr else None
    local = (parse_address(one.laddr.ip), one.laddr.port) if one.laddr else ("", 0)
    protocol = "tcp" if one.type == SOCK_STREAM else "udp"
    return Socket(pid=pid, protocol=protocol, local=local, peer=peer, status=one.status, container=container)


def find_connections(
    sockets: Sequence[Socket],
    programs: dict[int, str],
    names: NameTable,
    find_endpoint: Callable[[str], str | None],
    ports: dict[int, str],
) -> list[FoundConnection]:
    """Return connections to models: by a name of the catalog, by the port of a local model server, and HTTPS without a name.

    Args:
        sockets: all sockets.
        programs: program or title of each process.
        names: names of addresses.
        find_endpoint: returns the catalog set of a name, None for a name that is no model endpoint.
        ports: titles of local model servers by port.
    """
    found = dict[tuple[Any, ...], FoundConnection]()
    is_incoming = _find_incoming(sockets)
    for one in sockets:
        if one.peer is None or one.is_listening or one.status in _OVER or is_incoming(one):
            continue
        judged = _judge_peer(one, names, find_endpoint, ports)
        if judged is None:
            continue
        certainty, endpoint, listed, source = judged
        key = (one.pid, one.peer, one.protocol, one.container)
        found.setdefault(
            key,
            FoundConnection(
                pid=one.pid,
                program=programs.get(one.pid or -1, ""),
                address=one.peer[0],
                port=one.peer[1],
                protocol=one.protocol,
                names=listed,
                endpoint=endpoint,
                certainty=certainty,
                source=source,
                container=one.container,
            ),
        )
    return list(found.values())


def _judge_peer(
    one: Socket, names: NameTable, find_endpoint: Callable[[str], str | None], ports: dict[int, str]
) -> tuple[Certainty, str, tuple[str, ...], str] | None:
    assert one.peer is not None, "only connected sockets are judged"
    address, port = one.peer
    known = names.find(address)
    models = [name for name in known if find_endpoint(name) is not None]
    if models:
        certainty = Certainty.NAMED if len(models) == len(known) else Certainty.SHARED
        return certainty, models[0], tuple(known), known[models[0]]
    if port in ports:
        return Certainty.PORT, ports[port], tuple(known), f"port {port}"
    if port == _HTTPS and not known and not _is_loopback(address):
        return Certainty.UNNAMED, "", (), "no file has a name for the address"
    return None


def _find_incoming(sockets: Iterable[Socket]) -> Callable[[Socket], bool]:
    """Return a predicate of connections that were opened by the other side: their own port is one that listens."""
    listening = {(one.container, one.local[1]) for one in sockets if one.is_listening}
    return lambda one: not one.is_listening and (one.container, one.local[1]) in listening


def _is_loopback(address: str) -> bool:
    return bool(address) and ip_address(address).is_loopback


def find_listeners(
    sockets: Iterable[Socket], programs: dict[int, str], agents: frozenset[int], ports: dict[int, str]
) -> Iterator[FoundListener]:
    """Yield the listening sockets of agents' processes, and those on the port of a local model server."""
    seen = set[tuple[Any, ...]]()
    for one in sockets:
        port = one.local[1]
        key = (one.pid, one.local, one.container)
        if not one.is_listening or key in seen or not (one.pid in agents or port in ports):
            continue
        seen.add(key)
        yield FoundListener(
            pid=one.pid,
            program=programs.get(one.pid or -1, ""),
            address=one.local[0],
            port=port,
            title=ports.get(port, ""),
            container=one.container,
        )
