"""Whether permissions stay within others: every file, program, connection, request and tool, with a counterexample otherwise.

The comparison errs on one side only: nothing that is wider passes. A program glob that spans several programs of the class is compared with
each of them, and a host wildcard with each host, so that a union of narrower grants never counts as a wide one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from containment.addresses.port_range import PortRange
from containment.patterns.domain import DomainPattern
from containment.sandbox.globs import find_uncovered_text
from containment.sandbox.paths import is_within, normalize
from containment.sandbox.permissions import Endpoint, Network, PathGrant, Permissions, ProgramEgress, Task
from containment.ternary import Ternary


class Layer(StrEnum):
    """What a permission is about."""

    READ = "read"
    WRITE = "write"
    RUN = "run"
    CONNECT = "connect"
    CALL = "call"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Widening:
    """One act that the compared permissions allow and the limit does not; `origin` is the place of the permission."""

    layer: Layer
    counterexample: str
    origin: str

    def __str__(self) -> str:
        return f"{self.counterexample} ({self.origin})"


def find_widenings(found: Permissions, limit: Permissions) -> list[Widening]:
    """Return a counterexample for each permission of `found` that `limit` lacks; empty: every permission is within the limit."""
    return [
        *_find_read_widenings(found.read, limit),
        *_find_write_widenings(found.write, limit.write),
        *_find_program_widenings(found.programs, limit.programs),
        *_find_egress_widenings(found.egress, limit.egress),
        *_find_task_widenings(found.tasks, limit.tasks),
        *(Widening(Layer.OTHER, what, origin) for origin, what in found.others),
    ]


def _find_read_widenings(grants: Iterable[PathGrant], limit: Permissions) -> Iterator[Widening]:
    folders = [one.path for one in (*limit.read, *limit.write)]
    files = [one.path for one in limit.programs or ()]
    for grant in grants:
        if grant.path in files and "*" not in grant.path:
            continue  # starting a program reads its file
        yield from _find_path_widening(grant, folders, Layer.READ, "read")


def _find_write_widenings(grants: Iterable[PathGrant], limit: Iterable[PathGrant]) -> Iterator[Widening]:
    folders = [one.path for one in limit]
    for grant in grants:
        yield from _find_path_widening(grant, folders, Layer.WRITE, "written")


def _find_path_widening(grant: PathGrant, folders: Iterable[str], layer: Layer, word: str) -> Iterator[Widening]:
    path = normalize(grant.path)
    if path is not None and any(is_within(path, folder) for folder in folders):
        return
    shown = grant.path if path is None else _find_example_file(path)
    doubt = " (it depends on symbolic links)" if path is None else ""
    because = f": {grant.why}" if grant.why else ""
    yield Widening(layer, f"{shown} can be {word}{doubt}{because}", grant.origin)


def _find_example_file(path: str) -> str:
    """Return a path that a grant covers and that a reader recognizes."""
    for example in (
        "/etc/shadow",
        "/proc/1/environ",
        "/root/.ssh/id_ed25519",
        "/usr/bin/sudo",
        "/run/docker.sock",
        "/home/other/.aws/credentials",
    ):
        if is_within(example, path):
            return example
    return path


def _find_program_widenings(found: Sequence[PathGrant] | None, limit: Sequence[PathGrant] | None) -> Iterator[Widening]:
    if found is None:
        return
    known = [one.path for one in limit or ()]
    for grant in found:
        text = find_uncovered_text(grant.path, known)
        if text is not None:
            yield Widening(Layer.RUN, f"{text} can be started", grant.origin)


def _find_egress_widenings(found: Iterable[ProgramEgress], limit: Sequence[ProgramEgress]) -> Iterator[Widening]:
    known = [one.program for one in limit]
    for one in found:
        origin = one.endpoint.origin
        text = find_uncovered_text(one.program, known)
        if text is not None:
            yield Widening(Layer.CONNECT, f"{text} can connect to {_format_example(one.endpoint)}", origin)
            continue
        endpoints = [each.endpoint for each in limit if find_uncovered_text(one.program, [each.program]) is None]
        if what := _find_endpoint_widening(one.endpoint, endpoints):
            layer = Layer.CALL if what.startswith("tools/") else Layer.CONNECT
            because = f": {one.endpoint.why}" if one.endpoint.why else ""
            yield Widening(layer, f"{_find_example_program(one.program, known)} can {_phrase(what)}{because}", origin)


def _phrase(what: str) -> str:
    return what if what.startswith("connect") else f"send {what}"


def _find_example_program(pattern: str, known: Iterable[str]) -> str:
    if "*" not in pattern:
        return pattern
    return next((one for one in known if "*" not in one and find_uncovered_text(one, [pattern]) is None), pattern)


def _find_endpoint_widening(found: Endpoint, limits: Sequence[Endpoint]) -> str | None:
    """Return what an endpoint permits and none of the limits does, None when there is nothing."""
    for port in _choose_ports(found.ports, [one for limit in limits for one in limit.ports]):
        fitting = [one for one in limits if any(port in each for each in one.ports) and _covers_place(one, found)]
        if not fitting:
            return f"connect to {_format_example(found, port)}"
        if not found.tls:
            fitting = [one for one in fitting if not one.tls]
            if not fitting:
                return f"connect to {_format_example(found, port)} in clear text"
        known = [one.requests for one in fitting]
        if None in known:
            continue
        globs = [request for requests in known for request in requests or ()]
        for pattern in ("**",) if found.requests is None else found.requests:
            text = _find_example_request(globs) if pattern == "**" else find_uncovered_text(pattern, globs)
            if text is not None:
                return f"{text} to {_format_example(found, port)}"
    return None


def _find_example_request(known: Sequence[str]) -> str | None:
    """Return a request that no glob covers, the clearest one that there is."""
    for example in ("DELETE /", "POST /upload", "tools/call delete_everything", "GET /"):
        if find_uncovered_text(example, known) is not None:
            return example
    return find_uncovered_text("**", known)


def _choose_ports(found: Iterable[PortRange], known: Iterable[PortRange]) -> list[int]:
    """Return ports such that every other port of `found` is in the same ranges as one of them."""
    ranges = list(found)
    edges = {edge for one in known for edge in (one.low - 1, one.low, one.high, one.high + 1)}
    edges |= {edge for one in ranges for edge in (one.low, one.high)}
    return sorted(port for port in edges if any(port in one for one in ranges))


def _covers_place(limit: Endpoint, found: Endpoint) -> bool:
    """Return whether the hosts and addresses of a limit contain those of an endpoint."""
    if found.host is None:
        return limit.host is None and bool(found.networks) and all(_is_inside(one, limit.networks) for one in found.networks)
    if limit.host is None or limit.host.covers(found.host) is not Ternary.YES:
        return False
    return all(_is_inside(one, limit.networks) or _is_public(one) for one in found.networks)


def _is_inside(network: Network, known: Iterable[Network]) -> bool:
    return any(network.version == one.version and network.subnet_of(one) for one in known)  # type: ignore[arg-type]


def _is_public(network: Network) -> bool:
    """Return whether a network has public addresses alone."""
    private = _PRIVATE_IPV4 if isinstance(network, IPv4Network) else _PRIVATE_IPV6
    return network.is_global and not any(network.overlaps(one) for one in private)


_PRIVATE_IPV4 = tuple(
    map(
        IPv4Network,
        ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
    )
)
_PRIVATE_IPV6 = tuple(map(IPv6Network, ("::/8", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8")))


def _format_example(endpoint: Endpoint, port: int | None = None) -> str:
    number = endpoint.ports[0].low if port is None else port
    host = endpoint.host
    if host is None:
        place = str(endpoint.networks[0].network_address) if endpoint.networks else "any address"
    else:
        place = _find_example_host(host)
    at = f" at {endpoint.networks[0]}" if host is not None and endpoint.networks else ""
    return f"{place}:{number}{at}"


def _find_example_host(host: DomainPattern) -> str:
    if host.is_exact:
        return host.text
    return "attacker.example" if host.text == "*" else host.text.replace("*", "attacker")


def _find_task_widenings(found: Sequence[Task] | None, limit: Sequence[Task] | None) -> Iterator[Widening]:
    known = {task.name: task.tools for task in limit or ()}
    for task in found or ():
        for tool in task.tools:
            text = find_uncovered_text(tool, known.get(task.name, ()))
            if text is not None:
                yield Widening(Layer.CALL, f"task {task.name} can call {text}", task.origin)
