"""Each guard is what stops an attempt: without it, the same attempt gets through and the tests of that guard are red."""

from __future__ import annotations

import json

import pytest

from containment.local_proxy import client_connection
from containment.local_proxy.record import Record
from containment.local_proxy.rules import decision, grants
from containment.local_proxy.termination import mcp_calls
from containment.local_proxy.wire import messages
from containment_lab.attacks.client_hello import build_client_hello
from tests.containment.local_proxy.memory import MemoryWorld, end_tls_in_memory
from tests.containment.local_proxy.samples import OTHER, make_entry, make_profile

PROFILE = make_profile(
    make_entry(),
    make_entry(OTHER, host="other.example.com"),
    make_entry(host="limited.example.com", requests=["GET /**"]),
    make_entry(host="mcp.example.com", requests=["tools/list", "tools/call tickets.read", "tools/call tickets.close"]),
    make_entry(scheme="tcp", host=None, networks=["10.20.0.0/24"], ports=[{"first": 8080, "last": 8080}], requests=["GET /v1/*"]),
)
PUBLIC = "93.184.216.34"


def connect(host: str) -> bytes:
    return f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def greet(name: str, form: str = "") -> bytes:
    return build_client_hello(b"n" * 32, [name.encode()], form)


def call(tool: str) -> bytes:
    body = f'{{"method":"tools/call","params":{{"name":"{tool}"}}}}'
    return f"POST /mcp HTTP/1.1\r\nHost: mcp.example.com\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def pass_hello(client: client_connection.SocketStream, _: object) -> bytes:
    return await client.receive()


def find_nothing(*_: object) -> None:
    return None


PERMIT_ANY = decision.Permit(((grants.build_grants(PROFILE)[0],),))
ATTEMPTS: dict[str, tuple[object, str, object, MemoryWorld, list[bytes]]] = {
    # attempt: (where the guard is, its name, what replaces it, the world, the client's bytes)
    "a program that is not listed": (
        decision,
        "has_program",
        lambda *_: True,
        MemoryWorld(PROFILE, {"api.example.com": [PUBLIC]}, programs=("/tmp/tool",)),
        [connect("api.example.com:443"), greet("api.example.com")],
    ),
    "a host of another program": (
        decision,
        "has_program",
        lambda *_: True,
        MemoryWorld(PROFILE, {"other.example.com": [PUBLIC]}),
        [connect("other.example.com:443"), greet("other.example.com")],
    ),
    "a host that is not listed": (
        decision.Policy,
        "decide_tunnel",
        lambda *_: PERMIT_ANY,
        MemoryWorld(PROFILE, {"attacker.example": [PUBLIC]}),
        [connect("attacker.example:443"), greet("attacker.example")],
    ),
    "a port that is not listed": (
        grants.Grant,
        "has_port",
        lambda *_: True,
        MemoryWorld(PROFILE, {"api.example.com": [PUBLIC]}),
        [connect("api.example.com:22"), greet("api.example.com")],
    ),
    "hidden requests": (
        decision,
        "_permit_tunnel",
        lambda _, __, found: tuple(found),
        MemoryWorld(PROFILE, {"limited.example.com": [PUBLIC]}),
        [connect("limited.example.com:443"), greet("limited.example.com")],
    ),
    "a request that is not listed": (
        grants.Grant,
        "has_request",
        lambda *_: True,
        MemoryWorld(PROFILE),
        [b"DELETE http://10.20.0.5:8080/v1/x HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n"],
    ),
    "a path with two meanings": (
        decision,
        "is_unambiguous",
        lambda _: True,
        MemoryWorld(PROFILE),
        [b"GET http://10.20.0.5:8080/v1/%2e%2e HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n"],
    ),
    "an inner address": (
        grants,
        "explain_refusal",
        find_nothing,
        MemoryWorld(PROFILE, {"api.example.com": ["169.254.169.254"]}),
        [connect("api.example.com:443"), greet("api.example.com")],
    ),
    "another server name": (
        client_connection,
        "read_checked_hello",
        pass_hello,
        MemoryWorld(PROFILE, {"api.example.com": [PUBLIC]}),
        [connect("api.example.com:443"), greet("attacker.example")],
    ),
    "a hidden server name": (
        client_connection,
        "read_checked_hello",
        pass_hello,
        MemoryWorld(PROFILE, {"api.example.com": [PUBLIC]}),
        [connect("api.example.com:443"), greet("api.example.com", "ech")],
    ),
    "another Host header": (
        messages,
        "is_same_host",
        lambda *_: True,
        MemoryWorld(PROFILE),
        [b"GET http://10.20.0.5:8080/v1/x HTTP/1.1\r\nHost: attacker.example\r\n\r\n"],
    ),
    "a request inside TLS that is not listed": (
        grants.Grant,
        "has_request",
        lambda *_: True,
        MemoryWorld(PROFILE, {"limited.example.com": [PUBLIC]}, inside=True),
        [connect("limited.example.com:443"), b"DELETE /x HTTP/1.1\r\nHost: limited.example.com\r\n\r\n"],
    ),
    "another Host header inside TLS": (
        messages,
        "is_same_host",
        lambda *_: True,
        MemoryWorld(PROFILE, {"limited.example.com": [PUBLIC]}, inside=True),
        [connect("limited.example.com:443"), b"GET /x HTTP/1.1\r\nHost: attacker.example\r\n\r\n"],
    ),
    "an inner address of a host whose TLS ends here": (
        grants,
        "explain_refusal",
        find_nothing,
        MemoryWorld(PROFILE, {"limited.example.com": ["10.0.0.1"]}, inside=True),
        [connect("limited.example.com:443"), b"GET /x HTTP/1.1\r\nHost: limited.example.com\r\n\r\n"],
    ),
    "a tool that no entry lists": (
        grants.Grant,
        "has_request",
        lambda *_: True,
        MemoryWorld(PROFILE, {"mcp.example.com": [PUBLIC]}, inside=True),
        [connect("mcp.example.com:443"), call("files.delete")],
    ),
    "a tool of another task": (
        decision.Policy,
        "_refuse_other_tools",
        lambda _, contents: contents,
        MemoryWorld(PROFILE, {"mcp.example.com": [PUBLIC]}, inside=True, task="review"),
        [connect("mcp.example.com:443"), call("tickets.close")],
    ),
    "a call with two names": (
        mcp_calls,
        "load_bytes",
        json.loads,
        MemoryWorld(PROFILE, {"mcp.example.com": [PUBLIC]}, inside=True),
        [connect("mcp.example.com:443"), call('files.delete","name":"tickets.read')],
    ),
    "a decision without a record": (
        Record,
        "write_open",
        find_nothing,
        MemoryWorld(PROFILE, {"api.example.com": [PUBLIC]}, full=True),
        [connect("api.example.com:443"), greet("api.example.com")],
    ),
    "a socket that another program gets": (
        client_connection.ClientConnection,
        "_check",
        lambda *_: _answer_nothing(),
        MemoryWorld(PROFILE, {"api.example.com": [PUBLIC]}, later_programs=("/tmp/tool",)),
        [connect("api.example.com:443"), greet("api.example.com")],
    ),
}


async def _answer_nothing() -> None:
    return None


def count_bytes_upstream(world: MemoryWorld, pieces: list[bytes]) -> int:
    world.forget()
    world.attributions = 0
    world.run(*pieces)
    return sum(len(stream.received) for _, _, stream in world.opened)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_is_stopped_by_its_guard_and_by_nothing_else(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, guard, replacement, world, pieces = ATTEMPTS[name]
    if world.inside:
        end_tls_in_memory(monkeypatch)
    assert count_bytes_upstream(world, pieces) == 0
    monkeypatch.setattr(owner, guard, replacement)
    assert count_bytes_upstream(world, pieces) > 0
