"""HTTP in the clear is judged by its Host, in whatever spelling, and by nothing else that the client sends."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment_lab.gateway.enforced_policy import EVERYWHERE, GatewayPolicy, GatewayRule
from containment_lab.gateway.http_matchers import build_http_filter
from tests.containment_lab.network.envoy_process import EnvoyProcess, installed, running

pytestmark = pytest.mark.skipif(not installed(), reason="Envoy is not installed; run `make setup`")


def rule(name: str, patterns: list[str] | None, *, permits: bool, watched: bool = False) -> GatewayRule:
    return GatewayRule(
        uuid=name,
        name=name,
        permits=permits,
        watched=watched,
        sources=(IPv4Network("127.0.0.0/8"),),
        destinations=EVERYWHERE,
        protocol=Protocol.TCP,
        ports=(),
        patterns=None if patterns is None else tuple(map(DomainPattern, patterns)),
        tls_required=False,
        tls_refused=False,
        verify_sni=False,
        logged=True,
    )


URL = UrlPattern(DomainPattern("u.example"), "/v1/*")
RULES = (
    dataclasses.replace(rule("url", [], permits=True), decrypted_urls=(URL,)),
    rule("watched", ["watched.example"], permits=False, watched=True),
    rule("shadow", ["api.openai.com", "*.shadow.example", "a*.mid.example", "watched.example"], permits=False),
    rule("allow", ["ok.example", "api.openai.com"], permits=True),
    rule("rest", None, permits=False),
)
HOSTS = {
    "api.openai.com": "DENY|shadow|true",
    "API.OpenAI.com": "DENY|shadow|true",
    "api.openai.com.": "DENY|shadow|true",
    "api.openai.com:8080": "DENY|shadow|true",
    "X.Y.shadow.EXAMPLE": "DENY|shadow|true",
    "shadow.example": "DENY|rest|true",
    "axy.MID.example": "DENY|shadow|true",
    "ok.example": "PERMIT|allow|true",
    "OK.example:80": "PERMIT|allow|true",
    "ok.example.attacker.example": "DENY|rest|true",
    "notok.example": "DENY|rest|true",
    "watched.example": "DENY|watched|false>DENY|shadow|true",
}


@pytest.fixture(scope="module")
def envoy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnvoyProcess]:
    folder: Path = tmp_path_factory.mktemp("http")
    listener = {
        "name": "http",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "filter_chains": [{"filters": [build_http_filter(GatewayPolicy(True, RULES, False, True))]}],
    }
    config = {
        "admin": {"address": {"pipe": {"path": "admin.sock", "mode": 0o600}}},
        "static_resources": {"listeners": [listener], "clusters": [{"name": "asked_http", "type": "STATIC"}]},
    }
    with running(folder, config) as made:
        yield made


def decided(envoy: EnvoyProcess, request: str) -> tuple[str, str]:
    """Send a request and return the answer's status and the rule in the log."""
    before = len(envoy.log())
    status = envoy.request(request).split()[1]
    deadline = time.monotonic() + 20
    while len(envoy.log()) == before:
        assert time.monotonic() < deadline, "no log line"
        time.sleep(0.02)
    return status, envoy.log()[-1]["rule"]


@pytest.mark.parametrize(("host", "chain"), HOSTS.items())
def test_the_host_decides_in_any_spelling(envoy: EnvoyProcess, host: str, chain: str) -> None:
    status, logged = decided(envoy, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert (status, logged) == ("503" if chain.startswith("PERMIT") else "403", chain)  # 503: permitted, and no server behind it


def test_the_header_for_the_matcher_cannot_be_set_by_the_client(envoy: EnvoyProcess) -> None:
    forged = "X-Containment-Host: ok.example\r\n"
    request = f"GET / HTTP/1.1\r\n{forged}Host: api.openai.com\r\n{forged}Connection: close\r\n\r\n"
    assert decided(envoy, request) == ("403", "DENY|shadow|true")


def test_a_request_without_a_host_is_judged_by_address_alone(envoy: EnvoyProcess) -> None:
    assert decided(envoy, "GET / HTTP/1.0\r\n\r\n") == ("403", "DENY|rest|true")


@pytest.mark.parametrize(
    ("path", "chain"),
    [("/v1/x", "PERMIT|url|true"), ("/v1/x?q", "PERMIT|url|true"), ("/v2/x", "DENY|rest|true"), ("/v1/../v2", "DENY|rest|true")],
)
def test_the_path_decides_where_a_rule_that_decrypts_names_a_url(envoy: EnvoyProcess, path: str, chain: str) -> None:
    assert decided(envoy, f"GET {path} HTTP/1.1\r\nHost: U.example\r\nConnection: close\r\n\r\n")[1] == chain
