"""Malformed requests and client hellos: always an end in time, never a crash, and nothing upstream that the profile does not permit."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from containment.local_proxy.bounds import Bounds
from containment.local_proxy.wire.client_hello import HelloError, read_server_name
from containment_lab.attacks.client_hello import build_client_hello
from tests.containment.local_proxy.memory import MemoryStream, MemoryWorld, end_tls_in_memory
from tests.containment.local_proxy.samples import make_entry, make_profile

COUNT = int(os.environ.get("CONTAINMENT_PROXY_FUZZ", "10000"))
"""Number of connections."""
PROFILE = make_profile(
    make_entry(),
    make_entry(
        scheme="tcp", host=None, networks=["10.20.0.0/24"], ports=[{"first": 8080, "last": 8080}], requests=["GET /v1/*", "POST /v1/orders"]
    ),
    make_entry(host="limited.example.com", requests=["GET /repos/*", "POST /repos/*/issues"]),
    make_entry(host="mcp.example.com", requests=["tools/list", "tools/call tickets.read"]),
)
PERMITTED = {("api.example.com", 443), ("10.20.0.5", 8080), ("limited.example.com", 443), ("mcp.example.com", 443)}
NAMES = {name: ["93.184.216.34"] for name, port in PERMITTED if port == 443}
HELLOS = [
    build_client_hello(b"n" * 32, [b"api.example.com"]),
    build_client_hello(b"n" * 32, [b"attacker.example"]),
    build_client_hello(b"n" * 32, [b"api.example.com"], "ech"),
    build_client_hello(b"n" * 32, [b"api.example.com", b"attacker.example"], "twice"),
]
SAMPLES = [
    b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nUser-Agent: x\r\n\r\n",
    b"CONNECT attacker.example:443 HTTP/1.1\r\nHost: attacker.example:443\r\n\r\n",
    b"GET http://10.20.0.5:8080/v1/orders?x=1 HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nAccept: */*\r\n\r\n",
    b"POST http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 5\r\n\r\nhello",
    b"POST http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
    b"\x05\x01\x00",
]
INSIDE = [
    b"GET /repos/a HTTP/1.1\r\nHost: limited.example.com\r\n\r\n",
    b"POST /repos/a/issues HTTP/1.1\r\nHost: limited.example.com:443\r\nContent-Length: 5\r\n\r\nhello",
    b"DELETE /repos/a HTTP/1.1\r\nHost: limited.example.com\r\n\r\n",
    b"GET /repos/../user HTTP/1.1\r\nHost: limited.example.com\r\n\r\n",
]
"""Requests in TLS that ends in the proxy."""
MCP = [
    b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    b'{"id":1,"method":"tools/call","params":{"name":"tickets.read","arguments":{"x":[1,"a"]}}}',
    b'{"id":1,"method":"tools/call","params":{"name":"files.delete"}}',
    b'[{"method":"tools/list"},{"method":"tools/call","params":{"name":"tickets.read"}}]',
]
PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b"@",
    b"/",
    b"//",
    b"..",
    b"%2e",
    b"%00",
    b"#",
    b"?",
    b"\\",
    b"[",
    b"]",
    b"0x7f.1",
]
PIECES += [
    b"127.0.0.1",
    b"169.254.169.254",
    b"attacker.example",
    b"api.example.com",
    b":443",
    b"Host: attacker.example\r\n",
    b"\xff",
    b"\xe2\x80\x8b",
]
PIECES += [
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close, host\r\n",
    b"Expect: 100-continue\r\n",
    b"A" * 5000,
]


def mutate(source: random.Random, data: bytes) -> bytes:
    """Return bytes with some random changes."""
    for _ in range(source.choice((0, 1, 1, 1, 2, 3, 8))):
        at = source.randrange(len(data) + 1)
        end = min(len(data), at + source.choice((1, 1, 2, 8, 40)))
        data = source.choice(
            (
                data[:at] + source.choice(PIECES) + data[at:],
                data[:at] + data[end:],
                data[:at] + bytes([source.randrange(256)]) + data[at + 1 :],
                data[:end] + data[at:],
                data[:at] + data[at:end].swapcase() + data[end:],
                data[:at],
            )
        )
    return data


def split(source: random.Random, data: bytes) -> Iterator[bytes]:
    """Yield the bytes in pieces of random sizes."""
    while data:
        size = source.choice((1, 3, 50, len(data), len(data)))
        yield data[:size]
        data = data[size:]


def read_name(raw: bytes) -> str | None:
    """Return the server name of the first client hello in bytes that went upstream, read in another way than the proxy's."""
    message = b""
    while raw[:1] == b"\x16":
        size = int.from_bytes(raw[3:5])
        message, raw = message + raw[5 : 5 + size], raw[5 + size :]
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4]):
            break
    try:
        return read_server_name(message).lower().rstrip(".")
    except HelloError:
        return None


def make_plain(source: random.Random) -> bytes:
    """Return a malformed request to the proxy, and maybe a client hello."""
    raw = mutate(source, source.choice(SAMPLES))
    return raw + mutate(source, source.choice(HELLOS)) if source.random() < 0.6 else raw


def make_inside(source: random.Random) -> bytes:
    """Return a tunnel with a malformed request inside TLS."""
    if source.random() < 0.5:
        return b"CONNECT limited.example.com:443 HTTP/1.1\r\nHost: limited.example.com\r\n\r\n" + mutate(source, source.choice(INSIDE))
    body = mutate(source, source.choice(MCP))
    head = b"POST /mcp HTTP/1.1\r\nHost: mcp.example.com\r\nContent-Length: %d\r\n\r\n" % len(body)
    return b"CONNECT mcp.example.com:443 HTTP/1.1\r\nHost: mcp.example.com:443\r\n\r\n" + head + body


async def try_all(make: Callable[[random.Random], bytes], count: int, *, inside: bool) -> Counter[str]:
    """Serve so many connections, check each of them, and return their outcomes."""
    source, outcomes = random.Random(20261129), Counter[str]()
    world = MemoryWorld(profile=PROFILE, names=NAMES, bounds=Bounds(drain_seconds=1), inside=inside)
    for number in range(count):
        world.forget()
        raw = make(source)
        pieces = list(split(source, raw))
        try:
            async with asyncio.timeout(20):
                client = await world.run_async(*pieces)
        except Exception as error:
            raise AssertionError(f"connection {number} failed with {error!r}: {pieces!r}") from error
        outcomes[check(world, client, raw)] += 1
    return outcomes


def check(world: MemoryWorld, client: MemoryStream, raw: bytes) -> str:
    """Check one connection and return its outcome."""
    assert client.aborted, raw
    assert {*world.lookups} <= {*NAMES}, raw
    for destination, address, stream in world.opened:
        assert (destination.host, destination.port) in PERMITTED, raw
        assert str(address) in ("93.184.216.34", "10.20.0.5"), raw
        if destination.host == "api.example.com" and stream.received:
            assert read_name(stream.received) == "api.example.com", raw
        if destination.port == 8080 and stream.received:
            line, _, rest = stream.received.partition(b"\r\n")
            method, target, _ = line.split(b" ")
            path = target.partition(b"?")[0]
            assert (method == b"GET" and path.startswith(b"/v1/") and path.count(b"/") == 2) or (method, path) == (
                b"POST",
                b"/v1/orders",
            ), raw
            names = [field.partition(b":")[0].lower() for field in rest.partition(b"\r\n\r\n")[0].split(b"\r\n")]
            assert names.count(b"host") == 1, raw
            assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1, raw
        if destination.host == "limited.example.com" and stream.received:
            check_request(stream.received, b"limited.example.com", raw)
        if destination.host == "mcp.example.com" and stream.received:
            check_calls(stream.received, raw)
    if world.opened:
        assert world.rules[0].startswith("Open "), raw
        return "permitted" if world.rules[-1].startswith("Close ") else "cut"
    if not raw:
        return "empty"
    assert world.rules, raw
    answer = client.received.removeprefix(b"HTTP/1.1 200 Connection established\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5", b"\x15\x03\x03")), raw
    return "denied"


def check_request(received: bytes, host: bytes, raw: bytes) -> None:
    """Check that a server received one of the listed requests."""
    line, _, rest = received.partition(b"\r\n")
    method, target, _ = line.split(b" ")
    parts = target.partition(b"?")[0].split(b"/")[1:]
    assert parts[0] == b"repos", raw
    assert not {b"..", b".", b""} & {*parts[1:-1]}, raw
    assert (method, len(parts)) in ((b"GET", 2), (b"POST", 3)), raw
    assert method == b"GET" or parts[2] == b"issues", raw
    assert rest.lower().startswith(b"host: " + host + b"\r\n"), raw


def check_calls(received: bytes, raw: bytes) -> None:
    """Check that a server received listed calls alone, by any reading of repeated keys."""
    body = received.partition(b"\r\n\r\n")[2]
    for one in found if isinstance(found := json.loads(body), list) else [found]:
        assert one["method"] in ("tools/list", "tools/call"), raw
        assert one["method"] == "tools/list" or one["params"]["name"] == "tickets.read", raw


@pytest.mark.long
@pytest.mark.slow
def test_no_malformed_request_crashes_the_proxy_or_reaches_what_is_not_permitted() -> None:
    outcomes = asyncio.run(try_all(make_plain, COUNT, inside=False))
    assert outcomes["permitted"] > COUNT // 20, outcomes
    assert outcomes["cut"] > COUNT // 100, outcomes  # a form or JSON that ends early is denied before
    assert outcomes["denied"] > COUNT // 5, outcomes


@pytest.mark.slow
def test_no_malformed_request_inside_tls_reaches_what_is_not_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    end_tls_in_memory(monkeypatch)
    outcomes = asyncio.run(try_all(make_inside, COUNT // 10, inside=True))
    assert outcomes["permitted"] > COUNT // 100, outcomes
    assert outcomes["denied"] > COUNT // 100, outcomes
