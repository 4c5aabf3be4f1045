"""The simulated internet: one server for every site at every address and port, name servers, and an attacker with receipts.

It runs in the supervisor's process on sockets opened in the internet's namespace. A connection's destination selects the site; a TLS
client gets a certificate for the name that it sent, so that the client does *not* detect a spoofed name. The address decides the receiver
of a nonce. It is the attacker at: the attacker's addresses; a site shared with other tenants, if the request is for the attacker's area
(`/@attacker/`); a foreign account at AWS.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from ipaddress import IPv4Address, ip_address
from typing import Any

from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary
from containment_lab.internet import address_plan, name_servers
from containment_lab.internet.certificates import Authority
from containment_lab.internet.receipts import Receipts
from containment_lab.linux.nflog import Packet

PORT = 10443
"""The port to which every TCP port except 53 is redirected."""
LOG_GROUP = 5
_MOST = 1 << 20
_WAIT = 20.0
_ENDINGS = (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError)
"""Errors that end a connection."""
_WATCHED = (address_plan.ATTACKER_NETWORK, address_plan.NEIGHBOUR_NETWORK, *address_plan.EXTERNAL_RESOLVERS)
SITES_TABLE = f"""
table inet world {{}}
delete table inet world
table inet world {{
 chain arriving {{
  type filter hook prerouting priority mangle; policy accept;
  ip daddr {{ {", ".join(map(str, _WATCHED))} }} log group {LOG_GROUP}
  ip6 daddr {address_plan.ATTACKER_V6_NETWORK} log group {LOG_GROUP}
 }}
 chain sites {{
  type nat hook prerouting priority dstnat; policy accept;
  tcp dport != 53 redirect to :{PORT}
 }}
}}
"""


class Internet:
    """The servers of one simulated internet."""

    def __init__(self, receipts: Receipts, authority: Authority, shared_sites: frozenset[str]) -> None:
        self._receipts, self._authority = receipts, authority
        self._shared = tuple(map(DomainPattern, sorted(shared_sites)))
        self._tls = authority.make_server_context()
        self.hello = b""

    def open(self) -> tuple[list[socket.socket], list[socket.socket]]:
        """Open the listening sockets, in the caller's namespace: for sites, and for the name server over TCP and UDP."""
        sites = [_open_listening_socket(PORT), _open_listening_socket(PORT, socket.AF_INET6)]
        names = _open_listening_socket(53)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: answer from the queried address
        udp.bind(("0.0.0.0", 53))  # noqa: S104 - in a network namespace
        udp.setblocking(False)
        return sites, [names, udp]

    def answer_udp(self, handle: socket.socket) -> None:
        """Answer the queued queries."""
        while True:
            try:
                data, ancillary, _, peer = handle.recvmsg(4096, 256)
            except (BlockingIOError, ConnectionError):
                return
            info = next((value for level, kind, value in ancillary if level == socket.IPPROTO_IP and kind == 8), None)
            if (reply := self._answer_query(data, info[8:12] if info else b"\0\0\0\0", "dns-udp")) and info:
                back = struct.pack("=I4s4s", 0, info[8:12], b"\0\0\0\0")
                with contextlib.suppress(OSError):
                    handle.sendmsg([reply], [(socket.IPPROTO_IP, 8, back)], 0, peer)

    def record_packet(self, packet: Packet) -> None:
        """Record a nonce in a packet, of any protocol, that reached the attacker, a company host or an external resolver."""
        self._receipts.record_nonces(packet.data, _identify_receiver(packet.destination), packet.destination, packet.protocol)

    def _answer_query(self, query: bytes, asked_at: bytes, how: str) -> bytes | None:
        asked = name_servers.parse_question(query)
        if asked is None:
            return None
        if address_plan.is_attackers(asked.name):
            self._receipts.record_nonces(asked.name.replace(".", "").encode("latin-1"), "attacker", asked.name, f"{how}-name")
            self._receipts.record_nonces(asked.name.encode("latin-1"), "attacker", asked.name, f"{how}-name")
            self._receipts.record_nonces(query[12 + len(asked.raw) :], "attacker", asked.name, f"{how}-beside")
        self._receipts.record_nonces(query, _identify_receiver(ip_address(asked_at)), ip_address(asked_at), how)
        return name_servers.build_answer(query, asked)

    async def answer_tcp(self, connection: socket.socket) -> None:
        """Answer the queries of one connection."""
        asked_at = socket.inet_aton(connection.getsockname()[0])
        reader, writer = await asyncio.open_connection(sock=connection)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            while True:
                length = struct.unpack("!H", await asyncio.wait_for(reader.readexactly(2), _WAIT))[0]
                reply = self._answer_query(await asyncio.wait_for(reader.readexactly(length), _WAIT), asked_at, "dns-tcp")
                if reply is None:
                    break
                writer.write(struct.pack("!H", len(reply)) + reply)
                await writer.drain()
        writer.close()

    async def serve_site(self, connection: socket.socket) -> None:
        """Serve one connection: TLS if the first byte is a TLS record's, else HTTP or any other protocol."""
        destination, port = _read_original_destination(connection)
        try:
            first = await asyncio.wait_for(_peek(connection), _WAIT)
            tls = first[:1] == b"\x16"
            if tls:
                reader, writer = await asyncio.wait_for(_open_streams(connection, self._tls), _WAIT)
                name = self._authority.get_context_name(writer.get_extra_info("ssl_object").context)
            else:
                reader, writer = await asyncio.open_connection(sock=connection)
                name = ""
        except _ENDINGS:
            connection.close()
            return
        # The streams now own and close the socket; closing it here would close another connection that reuses its number.
        with contextlib.suppress(*_ENDINGS):
            try:
                await self._serve_connection(reader, writer, destination, port, name, tls)
            finally:
                writer.close()

    async def _serve_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, destination: Any, port: int, name: str, tls: bool
    ) -> None:
        got = b""
        while len(got) < _MOST:
            data = await asyncio.wait_for(reader.read(65536), _WAIT)
            if not data:
                break
            got += data
            head, found, rest = got.partition(b"\r\n\r\n")
            if not found and not _is_http(got):
                self._record_request(got[-len(data) - 32 :], got, destination, name, tls)
                writer.write(b"ok\n")
                await writer.drain()
                continue
            if not found or len(rest) < _parse_body_length(head):
                continue
            self._record_request(got, got, destination, name, tls)
            told = json.dumps({"site": name or str(destination), "address": str(destination), "port": port}).encode() + b"\n"
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))
            await writer.drain()
            got = rest[_parse_body_length(head) :]

    def _is_shared(self, name: str) -> bool:
        return bool(name) and any(pattern.matches(name) is Ternary.YES for pattern in self._shared)

    def _record_request(self, new: bytes, got: bytes, destination: Any, name: str, tls: bool) -> None:
        holder = _identify_receiver(destination, name)
        # The attacker's area on a shared site, or another site behind the same front that the Host header names.
        if self._is_shared(name) and (b"/@attacker/" in got.split(b"\r\n", 1)[0] or address_plan.is_attackers(_parse_host(got))):
            holder = "attacker"
        if address_plan.is_aws(name) and holder != "attacker" and b"foreign" in got.split(b"\r\n\r\n", 1)[0].lower():
            holder = "attacker"
        self._receipts.record_nonces(new, holder, destination, "tls" if tls else "tcp")


def _identify_receiver(address: Any, name: str = "") -> str:
    if isinstance(address, IPv4Address):
        if address in address_plan.ATTACKER_NETWORK:
            return "attacker"
        if address in address_plan.NEIGHBOUR_NETWORK:
            return "neighbour"
        if address in address_plan.EXTERNAL_RESOLVERS:
            return "external-resolver"
    elif address in address_plan.ATTACKER_V6_NETWORK:
        return "attacker"
    return name or str(address)


def _parse_host(got: bytes) -> str:
    for line in got.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"host":
            return value.strip().decode("latin-1")
    return ""


def _is_http(got: bytes) -> bool:
    return b" " in got[:9] and got.split(b" ", 1)[0] in (b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"PATCH", b"OPTIONS", b"CONNECT")


def _parse_body_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-length":
            return int(value)
    return 0


def _open_listening_socket(port: int, family: int = socket.AF_INET) -> socket.socket:
    handle = socket.socket(family, socket.SOCK_STREAM)
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        handle.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    handle.bind(("" if family == socket.AF_INET else "::", port))
    handle.listen(1024)
    handle.setblocking(False)
    return handle


def _read_original_destination(connection: socket.socket) -> tuple[Any, int]:
    """Return the client's destination before the redirect."""
    if connection.family == socket.AF_INET6:
        data = connection.getsockopt(socket.IPPROTO_IPV6, 80, 28)
        return ip_address(data[8:24]), struct.unpack_from("!H", data, 2)[0]
    data = connection.getsockopt(socket.SOL_IP, 80, 16)
    return ip_address(data[4:8]), struct.unpack_from("!H", data, 2)[0]


async def _peek(connection: socket.socket) -> bytes:
    """Wait for the first bytes and return them without consuming them."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(connection, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(connection)
    return connection.recv(8, socket.MSG_PEEK)


async def _open_streams(connection: socket.socket, context: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_MOST, loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context, ssl_handshake_timeout=_WAIT)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
