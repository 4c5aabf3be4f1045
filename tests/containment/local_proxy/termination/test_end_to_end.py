"""Where only some requests inside TLS are permitted, real clients send those and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.containment.local_proxy.machine import WEB
from tests.containment.local_proxy.samples import make_entry, make_profile
from tests.containment.local_proxy.world import PYTHON, UNCERTIFIED, World, find_refusal, split_answer, start_world

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.skipif(bool(find_refusal()), reason=find_refusal())]
CURL = "/usr/bin/curl"
NAMES = {name: [WEB] for name in ("api.example.com", "mcp.example.com", "open.example.com", "attacker.example", UNCERTIFIED)}
NAMES["metadata.example.com"] = ["169.254.169.254"]
REQUESTS = ["GET /repos/**", "POST /repos/*/issues"]
CALLS = ["initialize", "tools/list", "tools/call tickets.read", "tools/call tickets.close"]
PROFILE = make_profile(
    make_entry(CURL, host="api.example.com", requests=REQUESTS),
    make_entry(CURL, host="open.example.com"),
    make_entry(CURL, host=UNCERTIFIED, requests=REQUESTS),
    make_entry(CURL, host="metadata.example.com", requests=REQUESTS),
    make_entry(CURL, host="mcp.example.com", requests=CALLS),
    make_entry(PYTHON, host="api.example.com", requests=["GET /status"]),
    programs=(CURL, PYTHON),
    tasks=[{"name": "review", "tools": ["tickets.read"]}],
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("terminating")
    with start_world(folder, PROFILE, NAMES, task="review", terminates=True) as world:
        yield world


@pytest.fixture
def world(shared: World) -> World:
    shared.read_events()
    return shared


def curl(world: World, *words: str, ca: str = "sandbox-ca.pem") -> tuple[int, dict[str, Any]]:
    done = world.run(CURL, "-sSi", "--max-time", "15", "-x", "http://127.0.0.1:3128", "--cacert", f"{world.folder}/{ca}", *words)
    assert done.returncode == 0, done.stderr
    return split_answer(done.stdout.partition("\n\n")[2])


def call(world: World, message: str, *words: str) -> tuple[int, dict[str, Any]]:
    return curl(world, "-H", "Content-Type: application/json", "-H", "Expect:", "-d", message, "https://mcp.example.com/mcp", *words)


def count_received(world: World) -> int:
    return len([one for one in world.read_received() if one["head"]])


def test_a_listed_request_is_sent_on_and_recorded_with_method_and_path(world: World) -> None:
    status, answer = curl(world, "https://api.example.com/repos/a/b?token=1", "-H", "Connection: X-Hop", "-H", "X-Hop: 1", "-H", "X-Own: 1")
    assert status == 200
    lines = answer["head"].split("\r\n")
    assert lines[0] == "GET /repos/a/b?token=1 HTTP/1.1"
    assert "Host: api.example.com" in lines
    assert {line.lower() for line in lines} >= {"x-own: 1", "connection: close"}
    assert not any(line.lower().startswith("x-hop") for line in lines)
    opened, closed = world.read_events()
    for event in (opened, closed):
        assert (event["unmapped"]["http_method"], event["unmapped"]["http_path"]) == ("GET", "/repos/a/b")
        assert event["unmapped"]["server_name"] == "api.example.com"
    assert closed["traffic"]["bytes_out"] > 300


def test_a_body_is_sent_on(world: World) -> None:
    status, answer = curl(world, "-d", "x" * 100_000, "https://api.example.com/repos/a/issues")
    assert (status, answer["body"]) == (200, "x" * 100_000)


@pytest.mark.parametrize(
    "words",
    [
        ("-X", "DELETE", "https://api.example.com/repos/a"),
        ("-X", "POST", "https://api.example.com/repos/a/keys"),
        ("https://api.example.com/user"),
        ("--path-as-is", "https://api.example.com/repos/../user"),
        ("https://api.example.com/repos/%2e%2e/user"),
        ("https://api.example.com/repos%2f..%2fuser"),
        ("-X", "get", "https://api.example.com/repos/a"),
    ],
    ids=str,
)
def test_another_request_gets_a_403_inside_tls_and_nothing_is_looked_up_or_sent(world: World, words: tuple[str, ...] | str) -> None:
    before = (count_received(world), world.read_lookups())
    status, answer = curl(world, *([words] if isinstance(words, str) else words))
    assert (status, answer["rule"], answer["program"]) == (403, "request-not-listed", CURL)
    assert (count_received(world), world.read_lookups()) == before
    assert [one["activity_name"] for one in world.read_events()] == ["Refuse"]


def test_another_host_header_inside_tls_is_refused(world: World) -> None:
    before = count_received(world)
    status, answer = curl(world, "-H", "Host: attacker.example", "https://api.example.com/repos/a")
    assert (status, answer["rule"]) == (400, "malformed-request")
    assert count_received(world) == before


def test_each_program_has_its_requests(world: World) -> None:
    text = """
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
for path in ("/status", "/repos/a"):
    client = http.client.HTTPSConnection("127.0.0.1", 3128, context=context); client.set_tunnel("api.example.com", 443)
    client.request("GET", path); print(client.getresponse().status)
"""
    assert world.run(PYTHON, "-c", text, f"{world.folder}/sandbox-ca.pem").stdout.split() == ["200", "403"]


def test_a_server_with_a_wrong_certificate_is_a_failure_and_receives_no_request(world: World) -> None:
    before = count_received(world)
    status, answer = curl(world, f"https://{UNCERTIFIED}/repos/a")
    assert (status, answer["rule"]) == (502, "destination-unreachable")
    assert "certificate" in answer["reason"]
    assert count_received(world) == before


def test_an_inner_address_is_refused_inside_tls_as_well(world: World) -> None:
    status, answer = curl(world, "https://metadata.example.com/repos/a")
    assert (status, answer["rule"]) == (403, "special-purpose-address")


def test_a_host_without_limits_keeps_its_own_certificate(world: World) -> None:
    status, _ = curl(world, "https://open.example.com/", ca="ca.pem")
    assert status == 200


def test_a_client_that_does_not_trust_the_sandbox_is_not_passed_through(world: World) -> None:
    before = count_received(world)
    done = world.curl("https://api.example.com/repos/a")
    assert done.returncode == 60, done.stderr
    assert count_received(world) == before
    assert [one["firewall_rule"]["name"] for one in world.read_events(1)] == ["malformed-request"]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ('{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 200),
        ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tickets.read","arguments":{"id":7}}}', 200),
        ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tickets.close"}}', 403),
        ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"files.delete"}}', 403),
        ('{"jsonrpc":"2.0","id":1,"method":"resources/read"}', 403),
        ('[{"method":"tools/list"},{"method":"tools/call","params":{"name":"files.delete"}}]', 403),
        ('{"method":"tools/list","method":"tools/call","params":{"name":"files.delete"}}', 400),
        ("tools/list", 400),
    ],
)
def test_tools_are_those_of_the_task(world: World, message: str, status: int) -> None:
    before = count_received(world)
    found, answer = call(world, message)
    assert found == status
    assert count_received(world) == before + (status == 200)
    if status == 200:
        assert json.loads(answer["body"]) == json.loads(message)


def test_a_message_that_is_too_long_is_refused(world: World, tmp_path: Path) -> None:
    (tmp_path / "long").write_text('{"method":"tools/list","x":"' + "y" * 1_100_000 + '"}')
    assert call(world, f"@{tmp_path}/long")[0] == 400
