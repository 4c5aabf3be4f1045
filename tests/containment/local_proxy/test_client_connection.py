"""A client gets what the profile permits, in a fixed order, and a clear answer at once for everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from containment.local_proxy.bounds import Bounds
from containment_lab.attacks.client_hello import build_client_hello
from tests.containment.local_proxy.memory import MemoryStream, MemoryWorld
from tests.containment.local_proxy.samples import OTHER, PROGRAM, make_entry, make_profile

PRIVATE = make_entry(
    scheme="tcp", host=None, networks=["10.20.0.0/24"], ports=[{"first": 8080, "last": 8080}], requests=["GET /v1/*", "POST /v1/orders"]
)
PROFILE = make_profile(
    make_entry(), make_entry(host="limited.example.com", requests=["GET /**"]), make_entry(OTHER, host="g.example.com"), PRIVATE
)
NAMES = {"api.example.com": ["93.184.216.34"], "limited.example.com": ["93.184.216.34"], "g.example.com": ["93.184.216.34"]}
CONNECT = b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n"
HELLO = build_client_hello(b"n" * 32, [b"api.example.com"])
RETRY = (
    bytes.fromhex("160303003802000034030 3".replace(" ", ""))
    + bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    + b"\0" * 18
)
"""A server's request for a second client hello."""
SERVER = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"r" * 116


def make_world(**changed: Any) -> MemoryWorld:
    return MemoryWorld(**({"profile": PROFILE, "names": NAMES} | changed))


def read_answer(client: MemoryStream) -> tuple[int, dict[str, Any]]:
    head, _, body = client.received.partition(b"\r\n\r\n")
    assert client.ended or client.aborted, "the connection ends with the answer"
    assert b"\r\nConnection: close" in head
    return int(head.split()[1]), json.loads(body)


def get_upstream(world: MemoryWorld) -> bytes:
    return b"".join(stream.received for _, _, stream in world.opened)


def test_a_permitted_tunnel_is_recorded_before_it_is_resolved_and_resolved_before_it_is_connected() -> None:
    world = make_world(answers=(SERVER,))
    client = world.run(CONNECT, HELLO)
    assert client.received == b"HTTP/1.1 200 Connection established\r\n\r\n" + SERVER
    assert get_upstream(world) == HELLO
    assert world.order == ["record Open", "resolve", "connect", "record Close"]
    traffic = world.events[-1]["traffic"]
    assert (traffic["bytes_out"], traffic["bytes_in"]) == (len(HELLO), len(SERVER))


@pytest.mark.parametrize(
    ("host", "programs", "rule"),
    [
        ("attacker.example:443", (PROGRAM,), "default-deny"),
        ("g.example.com:443", (PROGRAM,), "program-without-egress"),
        ("api.example.com:22", (PROGRAM,), "port-not-listed"),
        ("limited.example.com:443", (PROGRAM,), "content-not-visible"),
        ("api.example.com:443", ("/tmp/curl",), "program-not-listed"),
        ("api.example.com:443", (), "program-unknown"),
        ("api.example.com:443", (PROGRAM, OTHER), "program-without-egress"),
        ("169.254.169.254:80", (PROGRAM,), "address-not-listed"),
    ],
)
def test_a_denied_tunnel_is_answered_with_the_rule_and_is_never_looked_up(host: str, programs: tuple[str, ...], rule: str) -> None:
    world = make_world(programs=programs)
    status, answer = read_answer(world.run(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()))
    assert status == 403
    assert {"error": "denied", "rule": rule, "class": "coding", "stack": "coding-monitor"}.items() <= answer.items()
    assert answer["program"] == (programs[0] if programs else None)
    assert f"{answer['host']}:{answer['port']}" == host
    assert answer["reason"]
    assert answer["howToAsk"]
    assert world.order == ["record Refuse"]
    assert world.rules == [f"Refuse {rule}"]


INTO_CLEAR = b"CONNECT 10.20.0.5:8080 HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n"
OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def test_a_listed_request_in_a_tunnel_of_clear_text_is_sent_on() -> None:
    world = make_world()
    client = world.run(INTO_CLEAR, b"GET /v1/item HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n")
    assert client.received.startswith(OPENED)
    assert client.received.endswith(b"\r\n\r\nok")
    assert get_upstream(world).startswith(b"GET /v1/item HTTP/1.1\r\n")
    assert world.rules == ["Open egress.3", "Close egress.3"]


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        (b"DELETE /v1/item HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n", "request-not-listed"),
        (b"GET /v1/../x HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n", "request-not-listed"),
        (b"GET /v1/item HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "malformed-request"),
        (b"GET http://attacker.example/ HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "malformed-request"),
        (b"CONNECT attacker.example:443 HTTP/1.1\r\nHost: attacker.example:443\r\n\r\n", "malformed-request"),
        (b"SSH-2.0-client\r\n", "malformed-request"),
        (HELLO, "content-not-visible"),
        (b"", "malformed-request"),
    ],
)
def test_anything_else_in_a_tunnel_of_clear_text_is_refused_by_its_rule_and_not_sent(inside: bytes, rule: str) -> None:
    world = make_world()
    client = world.run(INTO_CLEAR, *([inside] if inside else []))
    assert client.received.startswith(OPENED)
    assert world.rules == [f"Refuse {rule}"]
    assert get_upstream(world) == b""
    if rule != "content-not-visible":
        status, _, body = client.received.removeprefix(OPENED).partition(b"\r\n\r\n")
        assert json.loads(body)["rule"] == rule
        assert status.split()[1] in (b"403", b"400")


def test_a_second_request_in_a_tunnel_of_clear_text_is_never_sent_on() -> None:
    world = make_world()
    first = b"GET /v1/item HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n"
    world.run(INTO_CLEAR, first + b"DELETE /secret HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n")
    assert b"secret" not in get_upstream(world)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1", "100.64.0.1"])
def test_a_permitted_name_with_an_inner_address_is_never_connected_to(address: str) -> None:
    world = make_world(names={"api.example.com": ["93.184.216.34", address]})
    status, answer = read_answer(world.run(CONNECT))
    assert (status, answer["rule"]) == (403, "special-purpose-address")
    assert "connect" not in world.order
    assert world.rules == ["Open egress.0", "Refuse special-purpose-address"]


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    world = make_world(answers=(SERVER,))
    world.run(CONNECT, HELLO)
    assert [str(address) for _, address, _ in world.opened] == NAMES["api.example.com"]
    assert world.lookups == ["api.example.com"], "one lookup, so that there is no second answer"


def test_a_name_without_an_address_is_a_failure_and_no_denial() -> None:
    world = make_world(names={})
    status, answer = read_answer(world.run(CONNECT))
    assert (status, answer["error"], answer["rule"]) == (502, "failed", "name-not-resolved")
    assert world.rules == ["Open egress.0", "Fail name-not-resolved"]


def test_nothing_is_resolved_or_connected_without_a_record() -> None:
    world = make_world(full=True)
    status, answer = read_answer(world.run(CONNECT, HELLO))
    assert (status, answer["rule"]) == (503, "no-record")
    assert world.order == []


@pytest.mark.parametrize(
    ("hello", "why"),
    [
        (build_client_hello(b"n" * 32, [b"attacker.example"]), "names 'attacker.example'"),
        (build_client_hello(b"n" * 32, []), "names no server"),
        (build_client_hello(b"n" * 32, [b"api.example.com"], "ech"), "encrypted client hello"),
        (build_client_hello(b"n" * 32, [b"api.example.com", b"attacker.example"], "twice"), "twice"),
        (build_client_hello(b"n" * 32, [b"api.example.com", b"attacker.example"]), "after its end"),
        (build_client_hello(b"n" * 32, [b"api.example.com\0.attacker.example"]), "names"),
        (build_client_hello(b"n" * 32, [b"*.example.com"]), "names"),
        (build_client_hello(b"n" * 32, [b"api.example.com"], "other-kind"), "unknown kind"),
        (build_client_hello(b"n" * 32, [], "empty"), "ends too early"),
        (build_client_hello(b"n" * 32, [b"api.example.com"], "ssl2"), "other than a TLS client hello"),
        (b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n", "other than a TLS client hello"),
        (HELLO[:-1], "ends too early"),
        (b"\x14\x03\x03\x00\x01\x01" * 40_000, "too many records"),
        (b"\x16\x03\x01\x00\x04\x01\x02\x00\x00", "longer than"),
        (b"\x16\x03\x01\x00\x00", "of a length"),
        (b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", "no client hello"),
    ],
)
def test_a_tunnel_whose_client_hello_does_not_name_the_host_is_closed_with_an_alert(hello: bytes, why: str) -> None:
    world = make_world()
    client = world.run(CONNECT, hello)
    assert get_upstream(world) == b"", "nothing reaches the server"
    assert world.rules == ["Open egress.0", "Refuse server-name"]
    assert why in world.events[-1]["message"]
    assert client.received.endswith(b"\x15\x03\x03\x00\x02\x02\x70")
    assert client.aborted


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_client_hello_may_come_in_pieces_and_in_several_records(size: int) -> None:
    padded = build_client_hello(b"n" * 32, [b"api.example.com"], "padded")
    for hello in (HELLO, padded):
        world = make_world(answers=(SERVER,), bounds=Bounds())
        world.run(CONNECT, *(hello[at : at + size] for at in range(0, len(hello), size)))
        assert get_upstream(world) == hello


def test_a_client_hello_sent_with_the_request_is_not_lost() -> None:
    world = make_world(answers=(SERVER,))
    world.run(CONNECT + HELLO + b"\x17\x03\x03\x00\x01x")
    assert get_upstream(world) == HELLO + b"\x17\x03\x03\x00\x01x"


@pytest.mark.parametrize(("name", "passes"), [(b"api.example.com", True), (b"attacker.example", False)])
def test_the_second_client_hello_that_a_server_requests_is_checked_as_well(name: bytes, passes: bool) -> None:
    second = b"\x14\x03\x03\x00\x01\x01" + build_client_hello(b"m" * 32, [name])
    world = make_world(answers=(RETRY, b"more"))
    world.run(CONNECT, HELLO, second)
    assert get_upstream(world) == (HELLO + second if passes else HELLO)
    assert world.rules[-1] == ("Close egress.0" if passes else "Refuse server-name")


def test_a_socket_that_is_handed_to_another_program_is_cut_before_the_first_byte() -> None:
    world = make_world(later_programs=("/tmp/tool",))
    world.run(CONNECT, HELLO)
    assert get_upstream(world) == b""
    assert world.rules == ["Open egress.0", "Refuse program-not-listed"]


def test_a_running_tunnel_is_checked_again() -> None:
    world = make_world(
        profile=make_profile(make_entry(scheme="tcp")),
        later_programs=("/tmp/tool",),
        bounds=Bounds(recheck_seconds=0.05, drain_seconds=0.05, idle_seconds=30),
    )
    world.run(CONNECT, b"bytes", waits=True)
    assert world.rules == ["Open egress.0", "Refuse program-not-listed"]


def test_a_tunnel_without_bytes_ends_after_a_time() -> None:
    world = make_world(profile=make_profile(make_entry(scheme="tcp")), bounds=Bounds(idle_seconds=0.1))
    world.run(CONNECT, b"bytes", waits=True)
    assert world.rules == ["Open egress.0", "Close egress.0"]
    assert "no byte for 0.1 s" in world.events[-1]["message"]


@pytest.mark.parametrize("raw", [b"", b"CONN", CONNECT[:-2], b"GET http://10.20.0.5:8080/v1/x HTTP/1.1\r\nX: "])
def test_a_client_that_does_not_finish_its_request_is_answered_or_closed_in_time(raw: bytes) -> None:
    world = make_world(bounds=Bounds(head_seconds=0.05, drain_seconds=0.1))
    client = world.run(raw, waits=True)
    assert client.aborted
    assert world.rules == ["Refuse malformed-request"]
    assert read_answer(client)[0] == 400


def test_a_client_that_does_not_begin_tls_in_its_tunnel_is_closed_in_time() -> None:
    world = make_world(bounds=Bounds(hello_seconds=0.05))
    client = world.run(CONNECT, HELLO[:20], waits=True)
    assert client.aborted
    assert get_upstream(world) == b""
    assert "did not begin" in world.events[-1]["message"]


def test_a_denied_client_that_sends_no_more_is_answered_at_once_and_closed() -> None:
    world = make_world()
    status, _ = read_answer(world.run(b"CONNECT attacker.example:443 HTTP/1.1\r\nHost: attacker.example:443\r\n\r\n", waits=True))
    assert status == 403


def test_a_client_that_begins_tls_with_the_proxy_is_closed_with_an_event() -> None:
    world = make_world()
    client = world.run(HELLO, waits=True)
    assert client.received == b"\x15\x03\x03\x00\x02\x02\x70"
    assert world.rules == ["Refuse tls-without-connect"]


FORM = b"Content-Type: application/x-www-form-urlencoded"
JSON = b"Content-Type: application/json"
PARTS = b"Content-Type: multipart/form-data; boundary=x"
OVERRIDING_TARGETS = (
    b"?_method=DELETE",
    b"?a=1&_METHOD=delete",
    b"?a=1;_method=delete",
    b"?%5Fmethod=DELETE",
    b"?%255Fmethod=DELETE",
    b"?.method=DELETE",
    b"?+_method=DELETE",
    b"?_method%00x=DELETE",
    b"?_method[]=DELETE",
    b"?X-HTTP-Method-Override=DELETE",
    b"?x_http_method=PUT",
    b";_method=DELETE",
)
OVERRIDING_BODIES = (
    ((FORM,), b"_method=DELETE"),
    ((FORM,), b"a=1&%5fmethod=DELETE"),
    ((), b"a=1&_method=DELETE"),
    ((FORM, b"Content-Encoding: gzip"), b"\x1f\x8b"),
    ((FORM + b"; charset=ibm037",), b"m"),
    ((b"Content-Type: text/plain", FORM), b"_method=DELETE"),
    ((PARTS,), b'--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--x--\r\n'),
    ((PARTS,), b"--x\r\nContent-Disposition: form-data; name*=utf-8''%5Fmethod\r\n\r\nDELETE\r\n--x--\r\n"),
    ((JSON,), b'{"a": {}, "_method" : "DELETE"}'),
    ((JSON,), b'{"\\u005fmethod": "DELETE"}'),
    ((b"Content-Type: application/vnd.api+json",), b'{"X-HTTP-Method-Override": "DELETE"}'),
)


@pytest.mark.parametrize(
    "raw",
    [
        b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: attacker.example:443\r\n\r\n",
        b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:8443\r\n\r\n",
        b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nHost: attacker.example\r\n\r\n",
        b"CONNECT api.example.com HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
        b"CONNECT user@api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n",
        b"CONNECT https://api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n",
        b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nContent-Length: 5\r\n\r\nhello",
        b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"CONNECT 2130706433:443 HTTP/1.1\r\nHost: 2130706433:443\r\n\r\n",
        b"CONNECT api.example.com:443 HTTP/9.9\r\n\r\n",
        b"GET /v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n",
        b"GET https://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
        b"GET ftp://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n",
        b"GET http://user:pw@10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n",
        b"GET http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: attacker.example\r\n\r\n",
        b"GET http://10.20.0.5:8080/v1/orders HTTP/1.1\r\n\r\n",
        b"GET http://10.20.0.5:8080/v1/orders#x HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n",
        b"POST http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST http://10.20.0.5:8080/ HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        *(
            b"POST http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 0\r\n" + header + b"\r\n\r\n"
            for header in (
                b"X-HTTP-Method-Override: DELETE",
                b"x-http-method: PUT",
                b"X_Method_Override: DELETE",
                b"X-Original-URL: /v1/secret",
                b"X-Rewrite-Url: /v1/secret",
                b"Content_Length: 9",
                b"Transfer_Encoding: chunked",
                b"X-Forwarded-Method: DELETE",
                b"X_Original_URI: /v1/secret",
            )
        ),
        *(
            b"POST http://10.20.0.5:8080/v1/orders" + target + b" HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 0\r\n\r\n"
            for target in OVERRIDING_TARGETS
        ),
        *(
            b"POST http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n"
            + b"".join(b"%s\r\n" % header for header in headers)
            + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            for headers, body in OVERRIDING_BODIES
        ),
        b"\x05\x01\x00",
        b"\x04\x01\x01\xbb\0\0\0\x01\0attacker.example\0",
        b"CONNECT api.example.com:443 HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"\r\n" * 10 + b"CONNECT\r\n\r\n",
    ],
)
def test_a_request_with_no_or_several_meanings_is_refused_before_anything_else(raw: bytes) -> None:
    world = make_world()
    status, answer = read_answer(world.run(raw))
    assert (status, answer["rule"]) == (400, "malformed-request")
    assert world.order == ["record Refuse"]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (FORM, b"payment_method=card&method=post&text=the+_method+of+a+form"),
        (JSON, b'{"method": "tools/list", "text": "{\\"_method\\": 1}", "list": ["_method"]}'),
        (PARTS, b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ndef _method(): pass\r\n--x--\r\n'),
        (b"Content-Type: application/octet-stream", b"&_method=DELETE&"),
    ],
    ids=["form", "json", "parts", "bytes"],
)
def test_a_body_that_only_mentions_a_method_is_sent_on_as_it_is(header: bytes, body: bytes) -> None:
    world = make_world()
    head = b"POST http://10.20.0.5:8080/v1/orders?method=a&page_method=b HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n" + header
    world.run(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body), body[:10], body[10:])
    assert get_upstream(world).endswith(b"\r\n\r\n" + body)
    assert world.rules == ["Open egress.3", "Close egress.3"]


def test_a_form_that_is_too_long_or_too_slow_to_be_read_is_refused() -> None:
    head = b"POST http://10.20.0.5:8080/v1/orders HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 40\r\n\r\n"
    for bounds, reason in ((Bounds(field_bytes=39), "longer than 39 bytes"), (Bounds(field_seconds=0.05), "did not end in time")):
        world = make_world(bounds=bounds)
        body = b"a" * (40 if bounds.field_bytes == 39 else 20)
        status, answer = read_answer(world.run(head + body, waits=True))
        assert (status, answer["rule"], world.order) == (400, "malformed-request", ["record Refuse"])
        assert reason in json.dumps(answer)


def test_a_permitted_request_in_clear_text_is_written_anew() -> None:
    world = make_world()
    raw = (
        b"POST http://10.20.0.5:8080/v1/orders?x=1 HTTP/1.1\r\nHost: 10.20.0.5:8080\r\nContent-Length: 5\r\nX-Own: 1\r\nX-Hop: 2\r\n"
        b"Connection: x-hop, content-length\r\nProxy-Authorization: Basic eDp5\r\nUpgrade: websocket\r\n\r\nhello"
    )
    client = world.run(raw + b"GET http://10.20.0.5:8080/secret HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n")
    head, _, body = get_upstream(world).partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /v1/orders?x=1 HTTP/1.1"
    assert {line.lower() for line in head.split(b"\r\n")[1:]} == {
        b"host: 10.20.0.5:8080",
        b"content-length: 5",
        b"x-own: 1",
        b"connection: close",
    }
    assert body == b"hello", "a second request on the connection is never sent on"
    assert client.received.endswith(b"\r\n\r\nok")
    assert world.lookups == []
    assert world.rules == ["Open egress.3", "Close egress.3"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("DELETE http://10.20.0.5:8080/v1/orders", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/orders/7", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/../admin", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/%2e%2e", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/a%2fb", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/..", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1//", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/a\\b", "request-not-listed"),
        ("GET http://10.20.0.5:8080/v1/a;b/../c", "request-not-listed"),
        ("GET http://10.20.0.6:80/v1/orders", "port-not-listed"),
        ("GET http://api.example.com:443/", "clear-text"),
        ("GET http://attacker.example/", "default-deny"),
    ],
)
def test_a_request_that_is_not_listed_is_answered_and_not_sent(line: str, rule: str) -> None:
    world = make_world()
    host = line.split("//", 1)[1].split("/")[0]
    status, answer = read_answer(world.run(f"{line} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()))
    assert (status, answer["rule"]) == (403, rule)
    assert world.order == ["record Refuse"]


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"],
)
def test_a_server_that_answers_wrongly_is_a_failure(answer: bytes) -> None:
    world = make_world(answers=(answer,))
    status, found = read_answer(world.run(b"GET http://10.20.0.5:8080/v1/x HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n", waits=True))
    assert (status, found["rule"]) == (502, "destination-unreachable")


def test_an_answer_in_pieces_is_passed_on_as_it_comes() -> None:
    pieces = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nfirst\r\n", b"6\r\nsecond\r\n", b"0\r\n\r\n"]
    world = make_world(answers=pieces)
    client = world.run(b"GET http://10.20.0.5:8080/v1/x HTTP/1.1\r\nHost: 10.20.0.5:8080\r\n\r\n", waits=True)
    assert b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n" in client.received
    assert client.ended
