"""Read connections and listening sockets with their processes, also in the network namespaces of containers.

A connection's name is known only from files (`names`): the server name inside TLS is not visible from here, and nothing is resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import SOCK_STREAM
from typing import Any, Final

import psutil

from containment.discovery.inventory import Certainty, FoundConnection, FoundListener, Reader, UnseenLog
from containment.discovery.names import NameTable, parse_address
from containment.discovery.processes import ProcessFacts, explain_denial

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
    own = _find_own_network()
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


def _find_own_network() -> int | None:
    try:
        return Path("/proc/self/ns/net").stat().st_ino
    except OSError:
        return None  # no network namespaces on this system


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
