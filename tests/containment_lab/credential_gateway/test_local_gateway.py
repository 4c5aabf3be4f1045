"""Requests through the real proxy and service: the call works without a key at the client, and only the gateway's key arrives."""

from __future__ import annotations

import base64
import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from moto.server import ThreadedMotoServer

from containment.credential_gateway.envoy import Upstream
from containment.credential_gateway.envoy_access_log import NOT_READ
from containment.credential_gateway.headers import CREDENTIAL_HEADERS, make_placeholder
from containment.credential_gateway.route import RouteEntry
from containment_lab.credential_gateway.fake_model import Arrived, FakeModel
from containment_lab.credential_gateway.local_gateway import LocalGateway
from containment_lab.internet.certificates import Authority
from tests.support.planted_keys import find_in_process
from tests.support.planted_keys import list_forms as list_key_forms

pytestmark = pytest.mark.slow
NVIDIA, OPENAI, ANTHROPIC, SPOOFED = "integrate.api.nvidia.com", "api.openai.com", "api.anthropic.com", "api.mistral.ai"
GIT, SAAS, REGISTRY = "github.com", "acme.zendesk.com", "acme.jfrog.io"
OWN = {host: f"own/key+of={number}-Zx9" for number, host in enumerate((NVIDIA, OPENAI, ANTHROPIC, SPOOFED, GIT, SAAS, REGISTRY))}
NAMES: dict[str, dict[str, list[str]]] = {
    GIT: {"owner": ["acme"], "repository": ["app.git"]},
    SAAS: {},
    REGISTRY: {"repository": ["pypi-own"]},
}
ROTATED = "rotated/key+of=0-Qw7"
FOREIGN = "sk-foreign/0123456789+abc="
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}
_PATIENCE = 30.0


def list_forms(key: str) -> list[bytes]:
    """Return a key in the forms in which it could be left somewhere."""
    forms = (key, base64.b64encode(key.encode()).decode(), key.encode().hex(), quote(key, safe=""), key[::-1])
    return [form.encode() for form in (*forms, base64.b64encode(f"x:{key}".encode()).decode(), forms[1].rstrip("="))]


def wait_until(is_true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@dataclass
class Response:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def denial(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Place:
    """The gateway, its providers, and an agent that has no key."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.secrets = ThreadedMotoServer(port=0, verbose=False)
        self.secrets.start()
        endpoint = f"http://127.0.0.1:{self.secrets.get_host_and_port()[1]}"
        self.client = boto3.client(
            "secretsmanager", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.arns = {host: self.client.create_secret(Name=f"models/{host}", SecretString=key)["ARN"] for host, key in OWN.items()}
        # The provider at the address of SPOOFED has another name's certificate.
        names = {host: host for host in OWN} | {SPOOFED: "attacker.example.com"}
        self.models = {host: FakeModel(self.authority.get_context(name)) for host, name in names.items()}
        entries = [
            RouteEntry.model_validate({"host": host, "secret": arn, "names": NAMES.get(host, {"model": ["m"]}), "maxBodyBytes": 20_000})
            for host, arn in self.arns.items()
        ]
        upstreams = {host: Upstream(address=IPv4Address("127.0.0.1"), port=model.port) for host, model in self.models.items()}
        self.gateway = LocalGateway(
            folder, entries, upstreams, authorities=self.authority.file, secrets_endpoint=endpoint, refresh_seconds=0.3
        )
        self.gateway.start()

    def close(self) -> None:
        self.gateway.stop()
        for model in self.models.values():
            model.close()
        self.secrets.stop()

    def clear(self) -> None:
        for model in self.models.values():
            model.arrived.clear()
            model.gate.set()
            model.status = 200

    def list_arrived(self) -> list[Arrived]:
        return [one for model in self.models.values() for one in model.arrived]

    def connect(self) -> socket.socket:
        handle = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=_PATIENCE)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return handle

    def send(self, raw: bytes) -> Response:
        with self.connect() as handle:
            handle.sendall(raw)
            found = http.client.HTTPResponse(handle)
            found.begin()
            return Response(found.status, found.getheaders(), found.read())

    def call(
        self,
        host: str = NVIDIA,
        path: str = "/v1/chat/completions",
        *,
        method: str = "POST",
        body: Any = CHAT,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Response:
        return self.send(build_request(host, path, method=method, body=body, headers=headers))


def build_request(
    host: str = NVIDIA,
    path: str = "/v1/chat/completions",
    *,
    method: str = "POST",
    body: Any = CHAT,
    headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    typed = [("content-type", "application/json"), ("content-length", str(len(content)))] if content else []
    lines = [f"{method} /{host}{path} HTTP/1.1", "host: gateway.example.com", *(f"{k}: {v}" for k, v in (*typed, *headers))]
    return "\r\n".join([*lines, "", ""]).encode() + content


@pytest.fixture(scope="module")
def running() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="gw") as folder:
        place = Place(Path(folder))
        try:
            yield place
        finally:
            place.close()


@pytest.fixture
def place(running: Place) -> Place:
    running.clear()
    return running


def find_in_log(place: Place, path: Path, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    wait_until(lambda: any(is_it(line) for line in place.gateway.read_log(path)), f"a line in {path.name}")
    return next(line for line in reversed(place.gateway.read_log(path)) if is_it(line))


def test_a_call_without_a_key_arrives_with_the_gateways_key_and_nothing_else(place: Place) -> None:
    response = place.call(headers=[("x-stainless-lang", "python"), ("user-agent", "agent/1"), ("accept", "application/json")])
    assert response.status == 200, response.body
    assert json.loads(response.body)["choices"][0]["message"]["content"] == "hello"
    [arrived] = place.list_arrived()
    assert arrived.line == "POST /v1/chat/completions HTTP/1.1"
    assert arrived.server_name == NVIDIA
    assert json.loads(arrived.body) == CHAT
    assert dict(arrived.headers) == {
        "host": NVIDIA,
        "content-type": "application/json",
        "content-length": str(len(arrived.body)),
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": "containment-credential-gateway",
        "authorization": f"Bearer {OWN[NVIDIA]}",
    }
    assert "set-cookie" not in {name.lower() for name, _ in response.headers}


def test_each_host_gets_its_own_key_in_its_own_form(place: Place) -> None:
    assert place.call(ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 1}).status == 200
    assert place.call(OPENAI).status == 200
    assert dict(place.models[ANTHROPIC].arrived[0].headers)["x-api-key"] == OWN[ANTHROPIC]
    assert dict(place.models[OPENAI].arrived[0].headers)["authorization"] == f"Bearer {OWN[OPENAI]}"
    for host, model in place.models.items():
        raw = b"".join(one.raw for one in model.arrived)
        assert not any(form in raw for other, key in OWN.items() if other != host for form in list_forms(key))


OTHER_KINDS: dict[str, tuple[str, str]] = {
    GIT: ("/acme/app.git/info/refs?service=git-upload-pack", "Basic " + base64.b64encode(f"x-access-token:{OWN[GIT]}".encode()).decode()),
    SAAS: ("/api/v2/tickets/35/comments.json", f"Bearer {OWN[SAAS]}"),
    REGISTRY: ("/artifactory/api/pypi/pypi-own/simple/requests/", f"Bearer {OWN[REGISTRY]}"),
}


@pytest.mark.parametrize("host", OTHER_KINDS)
def test_git_saas_and_registries_get_their_own_key_and_no_foreign_one(place: Place, host: str) -> None:
    path, wanted = OTHER_KINDS[host]
    foreign = [
        ("authorization", "Basic " + base64.b64encode(f"x:{FOREIGN}".encode()).decode()),
        ("private-token", FOREIGN),
        ("cookie", FOREIGN),
    ]
    assert place.call(host, path, method="GET", body=b"", headers=foreign).status == 200
    [arrived] = place.models[host].arrived
    assert dict(arrived.headers)["authorization"] == wanted
    assert (arrived.line, arrived.server_name) == (f"GET {path} HTTP/1.1", host)
    assert not any(form.lower() in arrived.raw.lower() for form in (*list_forms(FOREIGN), b"sk-foreign"))
    assert not any(form in arrived.raw for other, key in OWN.items() if other != host for form in list_forms(key))


@pytest.mark.parametrize("host", OTHER_KINDS)
def test_the_placeholder_of_another_approved_host_arrives_nowhere(place: Place, host: str) -> None:
    path, _ = OTHER_KINDS[host]
    for other in OWN.keys() - {host}:
        response = place.call(host, path, method="GET", body=b"", headers=[("authorization", f"Bearer {make_placeholder(other)}")])
        assert (response.status, response.denial["rule"]) == (403, "placeholder-of-another-host")
    assert place.list_arrived() == []


PLANTS: dict[str, bytes] = {
    **{f"header {name}": build_request(headers=[(name, f"Bearer {FOREIGN}")]) for name in sorted(CREDENTIAL_HEADERS)},
    **{
        f"header {name}": build_request(headers=[(name, FOREIGN)])
        for name in ("accept", "user-agent", "accept-encoding", "connection", "keep-alive", "te", "trailer", "x-forwarded-for", "forwarded")
    },
    **{
        f"header {name}": build_request(headers=[(name, FOREIGN)])
        for name in (
            "x-envoy-original-path",
            "x-request-id",
            "via",
            "cookie",
            "proxy-connection",
            "x-envoy-expected-rq-timeout-ms",
            "expect",
        )
    },
    "a header with underscores": build_request(headers=[("x_api_key", FOREIGN)]),
    "a header twice": build_request(headers=[("authorization", "a"), ("Authorization", FOREIGN)]),
    "the key's own header twice": build_request(
        ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 1}, headers=[("x-api-key", FOREIGN), ("X-API-Key", FOREIGN)]
    ),
    "the key's own header": build_request(ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 1}, headers=[("x-api-key", FOREIGN)]),
    "a header nominated as hop by hop": build_request(headers=[("connection", "authorization, x-key"), ("x-key", FOREIGN)]),
    "query key": build_request(path=f"/v1/chat/completions?key={quote(FOREIGN, safe='')}"),
    "query access_token": build_request(path=f"/v1/chat/completions?access_token={quote(FOREIGN, safe='')}&alt=sse"),
    "query without a value": build_request(path=f"/v1/chat/completions?{quote(FOREIGN, safe='')}"),
    "path": build_request(path=f"/v1/chat/completions/{quote(FOREIGN, safe='')}"),
    "matrix parameter": build_request(path=f"/v1/chat/completions;key={quote(FOREIGN, safe='')}"),
    "body field": build_request(body={**CHAT, "api_key": FOREIGN}),
    "headers for a remote tool": build_request(body={**CHAT, "tools": [{"type": "mcp", "headers": {"authorization": FOREIGN}}]}),
    "media type": build_request(body=b"{}", headers=[]).replace(b"application/json", f"application/json; x={FOREIGN}".encode()),
    "media type without a body": build_request(path="/v1/models", method="GET", body=b"", headers=[("content-type", FOREIGN)]),
    "an absolute address with a user": build_request().replace(b"POST /", f"POST http://x:{quote(FOREIGN)}@gateway.example.com/".encode()),
    "host": build_request().replace(b"host: gateway.example.com", f"host: {FOREIGN.replace('/', '').replace('=', '')}".encode()),
    "chunk extension and trailer": build_request(body=b"", headers=[("content-type", "application/json"), ("transfer-encoding", "chunked")])
    + b"%x;k=%s\r\n%s\r\n0\r\nx-key: %s\r\n\r\n" % (len(json.dumps(CHAT)), FOREIGN.encode(), json.dumps(CHAT).encode(), FOREIGN.encode()),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_foreign_key_is_not_in_what_arrives_upstream(place: Place, name: str) -> None:
    assert b"sk-foreign" in PLANTS[name]
    response = place.send(PLANTS[name])
    arrived = place.list_arrived()
    assert bool(arrived) == (response.status == 200), response
    raw = b"".join(one.raw for one in arrived).lower()
    assert not any(form.lower() in raw for form in (*list_forms(FOREIGN), b"sk-foreign"))
    assert all(OWN[host].lower().encode() in one.raw.lower() for host, model in place.models.items() for one in model.arrived)


def test_a_foreign_key_is_one_named_decision(place: Place) -> None:
    place.call(headers=[("authorization", f"Bearer {FOREIGN}"), ("x-api-key", FOREIGN)])
    line = find_in_log(place, place.gateway.access_log, lambda one: one["stripped"] == "authorization, x-api-key")
    assert (line["decision"], line["rule"], line["destination"]) == ("permit", "nvidia:chat-completions", NVIDIA)


REFUSED: dict[str, tuple[str, bytes]] = {
    "files": ("refused-path", build_request(path="/v1/files")),
    "assets": ("refused-path", build_request(path="/v1/assets")),
    "uploads": ("refused-path", build_request(OPENAI, "/v1/uploads")),
    "fine-tuning": ("refused-path", build_request(OPENAI, "/v1/fine_tuning/jobs")),
    "batches": ("refused-path", build_request(ANTHROPIC, "/v1/messages/batches")),
    "dots": ("path-not-canonical", build_request(path="/v1/models/../files")),
    "encoded dots": ("path-not-canonical", build_request(path="/v1/models/%2e%2e/files")),
    "encoded slash": ("path-not-canonical", build_request(path="/v1%2ffiles")),
    "two slashes": ("path-not-canonical", build_request(path="//v1/files")),
    "another path": ("path-not-permitted", build_request(path="/v1/images")),
    "another method": ("method-not-permitted", build_request(method="DELETE")),
    "another model": ("model-not-permitted", build_request(body={**CHAT, "model": "other"})),
    "two models": ("body-not-readable", build_request(body=b'{"model":"m","model":"other","messages":[]}')),
    "over the limit": ("body-over-limit", build_request(body={**CHAT, "user": "x" * 20_000})),
    "one byte over the limit": ("body-over-limit", build_request(body=b" " * (20_001 - len(json.dumps(CHAT))) + json.dumps(CHAT).encode())),
    "gzip": ("content-encoding-not-permitted", build_request(headers=[("content-encoding", "gzip")])),
    "another destination": ("unknown-destination", build_request("attacker.example.com")),
    "destination in capitals": ("unknown-destination", build_request(NVIDIA.upper())),
    "destination and more": ("unknown-destination", build_request(NVIDIA + ".attacker.example.com")),
    "no destination": ("unknown-destination", build_request("", "/v1/chat/completions")),
    "placeholder of another host": (
        "placeholder-of-another-host",
        build_request(headers=[("authorization", f"Bearer {make_placeholder(OPENAI)}")]),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_request_gets_a_structured_403_and_nothing_arrives(place: Place, name: str) -> None:
    rule, raw = REFUSED[name]
    response = place.send(raw)
    assert (response.status, response.denial["error"], response.denial["rule"]) == (403, "denied", rule)
    assert response.denial["reason"]
    assert place.list_arrived() == []
    logged = None if rule == "body-over-limit" else rule  # the proxy refuses a body that is too long before it is decided on
    line = find_in_log(place, place.gateway.access_log, lambda one: (one["status"], one["rule"]) == (403, logged))
    assert line["input_tokens"] == NOT_READ


def test_a_body_of_exactly_the_limit_passes(place: Place) -> None:
    text = json.dumps(CHAT).encode()
    assert place.call(body=b" " * (20_000 - len(text)) + text).status == 200


def test_the_placeholder_of_the_destination_is_replaced_by_its_key(place: Place) -> None:
    assert place.call(headers=[("authorization", f"Bearer {make_placeholder(NVIDIA)}")]).status == 200
    assert b"containment-key-of" not in place.list_arrived()[0].raw


def test_the_first_event_of_a_stream_arrives_before_the_provider_sends_the_second(place: Place) -> None:
    model = place.models[NVIDIA]
    model.gate.clear()
    with place.connect() as handle:
        handle.sendall(build_request(body={**CHAT, "stream": True}))
        got = b""
        while b'"hel"' not in got:
            data = handle.recv(4096)
            assert data, got
            got += data
        assert b'"lo"' not in got
        assert not model.gate.is_set()
        model.gate.set()
        while b'"lo"' not in got:
            data = handle.recv(4096)
            assert data, got
            got += data
    line = find_in_log(place, place.gateway.access_log, lambda one: one["output_tokens"] == 3 and one["response_bytes"] > 150)
    assert (line["input_tokens"], line["model"], line["operation"]) == (7, "m", "nvidia:chat-completions")


AGENT = """
import http.client, sys
kept = sys.stdin.buffer.readline()
call = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
call.request("POST", sys.argv[2], sys.argv[3], {"content-type": "application/json", "authorization": "Bearer placeholder"})
answer = call.getresponse()
text = answer.read1(4096)
print("waiting", flush=True)
text += answer.read()
print(len(text))
"""


@pytest.mark.parametrize("planted", [False, True])
def test_no_key_is_in_files_environment_and_memory_of_the_agent_while_it_calls(place: Place, planted: bool) -> None:
    model = place.models[NVIDIA]
    model.gate.clear()
    words = [sys.executable, "-c", AGENT, str(place.gateway.port), f"/{NVIDIA}/v1/chat/completions", json.dumps({**CHAT, "stream": True})]
    agent = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert agent.stdin
    assert agent.stdout
    with agent:
        agent.stdin.write(base64.b64encode(OWN[NVIDIA].encode()) + b"\n" if planted else b"nothing\n")
        agent.stdin.flush()
        assert agent.stdout.readline() == b"waiting\n"
        found = find_in_process(agent.pid, list_key_forms(OWN[NVIDIA]))
        model.gate.set()
        assert int(agent.stdout.read()) > 100, "the call succeeded"
    assert bool(found) is planted, "a key that is planted is found, and there is no other"


def test_sizes_model_and_tokens_are_logged_and_unread_tokens_are_named(place: Place) -> None:
    text = json.dumps({**CHAT, "user": "unlogged-content"}).encode()
    place.call(body=text)
    line = find_in_log(place, place.gateway.access_log, lambda one: one["request_bytes"] == len(text))
    assert (line["status"], line["model"], line["input_tokens"], line["output_tokens"]) == (200, "m", 7, 3)
    place.models[NVIDIA].status = 429
    assert place.call(body={**CHAT, "user": "two"}).status == 429
    line = find_in_log(place, place.gateway.access_log, lambda one: one["status"] == 429)
    assert (line["input_tokens"], line["output_tokens"]) == (NOT_READ, NOT_READ)
    record = find_in_log(place, place.gateway.decision_log, lambda one: one["request_bytes"] == len(text))
    assert (record["decision"], record["class"], record["destination"]) == ("permit", "coding", NVIDIA)
    assert "unlogged-content" not in place.gateway.access_log.read_text() + place.gateway.decision_log.read_text()


def test_a_failed_call_is_sent_once_whatever_the_client_commands(place: Place) -> None:
    place.models[NVIDIA].status = 503
    commands = [("x-envoy-retry-on", "5xx,retriable-4xx"), ("x-envoy-max-retries", "5"), ("x-envoy-hedge-on-per-try-timeout", "true")]
    assert place.call(headers=commands).status == 503
    assert len(place.list_arrived()) == 1


def test_a_destination_with_another_names_certificate_gets_nothing(place: Place) -> None:
    assert place.call(SPOOFED).status == 503
    assert place.list_arrived() == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_a_tunnel_is_refused(place: Place, method: str) -> None:
    assert place.call(method=method, body=b"").status >= 400
    assert place.list_arrived() == []


def test_an_upgrade_is_refused(place: Place) -> None:
    upgrade = [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-key", "x")]
    assert place.call(path="/v1/models", method="GET", body=b"", headers=upgrade).status == 403
    assert place.list_arrived() == []


def test_two_requests_in_one_are_not_read_in_two_ways(place: Place) -> None:
    both = [("transfer-encoding", "chunked")]
    response = place.call(headers=both)
    assert response.status == 400
    assert place.list_arrived() == []


def test_a_rotated_key_is_used_without_a_restart(place: Place) -> None:
    pid = place.gateway.service.pid if place.gateway.service else 0
    place.client.put_secret_value(SecretId=place.arns[NVIDIA], SecretString=json.dumps({"key": ROTATED}))

    def uses_new_key() -> bool:
        place.clear()
        place.call()
        return dict(place.list_arrived()[0].headers)["authorization"] == f"Bearer {ROTATED}"

    try:
        wait_until(uses_new_key, "the rotated key")
        assert place.gateway.service is not None
        assert place.gateway.service.pid == pid
    finally:
        place.client.put_secret_value(SecretId=place.arns[NVIDIA], SecretString=OWN[NVIDIA])
        wait_until(lambda: not uses_new_key(), "the first key")


def test_a_secret_that_is_no_key_is_used_no_more(place: Place) -> None:
    place.client.put_secret_value(SecretId=place.arns[NVIDIA], SecretString="two words\r\nx-injected: 1")
    try:
        wait_until(lambda: place.call().status == 503, "the refusal")
        place.clear()
        assert place.call().denial["rule"] == "key-not-available"
        assert place.list_arrived() == []
        assert place.call(OPENAI).status == 200
    finally:
        place.client.put_secret_value(SecretId=place.arns[NVIDIA], SecretString=OWN[NVIDIA])
        wait_until(lambda: place.call().status == 200, "the key")


def test_no_key_is_in_a_file_log_argument_or_environment(place: Place) -> None:
    """Each place is searched for each key in each form; the search is proved by a key that is planted in a log."""
    place.call(headers=[("authorization", FOREIGN)])
    place.call(
        ANTHROPIC, "/v1/messages", body={**CHAT, "max_tokens": 1}, headers=[(FOREIGN.replace("/", "").replace("=", "").lower(), "1")]
    )
    place.call(path=f"/v1/files/{quote(FOREIGN)}")
    assert place.gateway.service
    assert place.gateway.envoy
    pids = (place.gateway.service.pid, place.gateway.envoy.pid)
    files = [path for path in place.gateway.folder.rglob("*") if path.is_file()]
    files += [Path(f"/proc/{pid}/{name}") for pid in pids for name in ("environ", "cmdline")]
    assert {path.name for path in files} >= {"envoy.json", "gateway.json", "access.log", "decisions.log", "envoy.err", "service.err"}

    def search() -> list[str]:
        forms = [form for key in (*OWN.values(), ROTATED, FOREIGN) for form in list_forms(key)]
        return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]

    assert search() == []
    before = place.gateway.decision_log.read_bytes()
    place.gateway.decision_log.write_bytes(before + list_forms(OWN[OPENAI])[2] + b"\n")
    assert search() == [str(place.gateway.decision_log)]
    place.gateway.decision_log.write_bytes(before)


def test_the_services_socket_is_for_its_user_alone(place: Place) -> None:
    assert (place.gateway.folder / "authorizer.sock").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_without_the_service_nothing_leaves(place: Place, number: signal.Signals) -> None:
    service = place.gateway.service
    assert service is not None
    service.send_signal(number)
    try:
        response = place.call()
        assert (response.status, response.denial["rule"]) == (503, "decision-not-available")
        assert place.list_arrived() == []
    finally:
        service.send_signal(signal.SIGKILL)
        service.wait()
        place.gateway.start_service()
        wait_until(lambda: place.call().status == 200, "the restarted service")


def test_without_the_proxy_nothing_leaves(place: Place) -> None:
    envoy = place.gateway.envoy
    assert envoy is not None
    envoy.kill()
    envoy.wait()
    try:
        with pytest.raises(ConnectionError):
            place.call()
        assert place.list_arrived() == []
    finally:
        place.gateway.start_envoy()
        wait_until(lambda: place.call().status == 200, "the restarted proxy")
