"""Names of addresses, from files only: `/etc/hosts` and logs of resolvers. Nothing is resolved."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final

from containment.discovery.files import OWN_ROOT, Root, UnreadableError, read_file
from containment.discovery.inventory import Reader, UnseenLog
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
