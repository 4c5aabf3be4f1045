"""One attempt: what it sends, whom it may use, and what it leaves to be found in logs.

An attempt sends its nonce to the attacker in one way. It has an address of the attacker's to itself, so that every log line about it can be
told from all others; where it uses names, those are its marks.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SPELLINGS = {"mapped": "::ffff:{1}", "decimal": "{0}", "hex": "0x{0:x}", "octal": "0{0:o}"}
"""Other ways to write the attacker's address."""


@dataclass
class Attempt:
    """An attempt and its surroundings; `options` are the technique's own words (`sni=...`), `marks` what logs may name it by."""

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
    """The names it asked the VPC's resolver for."""
    took: list[str] = field(default_factory=list)
    """What it got hold of itself (credentials)."""
    ports: list[int] = field(default_factory=list)
    """Its own ports of the TCP connections that it tried to open."""
    answered: list[int] = field(default_factory=list)
    """Those of them that somebody answered: each of these must be in somebody's log."""

    def option(self, name: str, default: str = "") -> str:
        """Return one of the technique's options; `NONCE` in it stands for the nonce."""
        return self.options.get(name, default).replace("NONCE", self.nonce)

    def asks(self, name: str) -> None:
        """Note a name that the VPC's resolver is asked for."""
        self.asked.append(name.lower())
        self.marks.append(name.lower())

    def number(self, name: str, default: int) -> int:
        """Return an option that is a number."""
        return int(self.options.get(name, default))

    def target(self) -> str:
        """Return where it goes: the attacker, unless `to` names another place or a name to look up."""
        named = {"neighbour": self.neighbour, "gateway": self.gateway} | {
            f"vpc-{place}": each for place, each in self.vpc_neighbours.items()
        }
        to = self.option("to", "attacker")
        if to == "attacker":
            where = self.address
        elif to in SPELLINGS:
            where = SPELLINGS[to].format(int(ipaddress.IPv4Address(self.address)), self.address)
            self.marks.append(self.address)
        elif to.startswith("name:"):
            self.asks(to[5:])
            where = str(socket.getaddrinfo(to[5:], None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0])
        else:
            where = named.get(to, to)
        self.marks.append(where)
        return where

    def connect(self, port: int) -> socket.socket:
        """Return a connection to the target, made as the options say (source port, segment size, TTL)."""
        where = self.target()
        handle = socket.socket(socket.AF_INET6 if ":" in where else socket.AF_INET, socket.SOCK_STREAM)
        handle.settimeout(self.timeout)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if "mss" in self.options:
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, self.number("mss", 536))
        if "ttl" in self.options:
            handle.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self.number("ttl", 64))
        if "sport" in self.options:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            handle.bind(("", self.number("sport", 0)))
        if "sport" not in self.options:
            handle.bind(("", 0))
        self.ports.append(int(handle.getsockname()[1]))
        handle.connect((where, port))
        self.answered.append(self.ports[-1])
        return handle


Technique = Callable[[Attempt], None]


def unescaped(text: str) -> bytes:
    """Return the bytes that an option means: `\\x00` and `\\r\\n` stand for themselves."""
    return text.encode().decode("unicode_escape").encode("latin-1")


def trusting() -> ssl.SSLContext:
    """Return a TLS context that asks nobody who they are: the attacker's program trusts the attacker."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def closing(handle: socket.socket) -> Iterator[socket.socket]:
    """Close a connection at the end, after what was sent has had a moment to arrive."""
    try:
        yield handle
        with contextlib.suppress(OSError):
            handle.settimeout(1.5)
            handle.recv(4096)
    finally:
        handle.close()
