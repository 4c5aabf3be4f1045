"""TLS to a URL's host is opened where a rule decrypts; each request is judged by SNI, Host and path, in the order of the rules."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment_lab.gateway.decryption import choose_certificate_name
from containment_lab.gateway.enforced_policy import EVERYWHERE, GatewayPolicy, GatewayRule
from containment_lab.gateway.envoy_api.encode import encode
from containment_lab.gateway.envoy_process import LISTENERS, build_bootstrap
from containment_lab.gateway.filter_chains import add_listener_log
from containment_lab.gateway.proxy_configuration import build_listener
from containment_lab.internet.certificates import GATEWAY, WORLD, Authority
from tests.containment_lab.network.envoy_process import EnvoyProcess, installed, running

RULE = GatewayRule(
    uuid="", name="", permits=True, watched=False, sources=(IPv4Network("127.0.0.0/8"),), destinations=EVERYWHERE, protocol=Protocol.TCP,
    ports=(), patterns=(), tls_required=True, tls_refused=False, verify_sni=False, logged=True,
)  # fmt: skip


def named(uuid: str, *patterns: str, **more: Any) -> GatewayRule:
    return dataclasses.replace(RULE, uuid=uuid, name=uuid, patterns=tuple(map(DomainPattern, patterns)), **more)


def by_url(uuid: str, *urls: tuple[str, str], **more: Any) -> GatewayRule:
    found = tuple(UrlPattern(DomainPattern(host), path) for host, path in urls)
    return dataclasses.replace(RULE, uuid=uuid, name=uuid, decrypted_urls=found, **more)


RULES = (
    named("earlier", "early.example"),
    by_url("watched", ("seen.example", "/secret*"), permits=False, watched=True),
    by_url("bad-url", ("git.example", "/evil/*"), permits=False),
    by_url("url", ("api.example", "/v1/*"), ("api.example", "/exact"), ("early.example", "/v1/*"), ("seen.example", "/secret/ok")),
    by_url("verified-url", ("*.wild.example", "/v2/*"), verify_sni=True),
    named("later-deny", "denied.example", permits=False),
    named("later-permit", "git.example", "x.wild.example", "denied.example"),
    dataclasses.replace(RULE, uuid="rest", name="rest", permits=False, patterns=None, tls_required=False),
)
"""`api.example` only by URL; `git.example` by name but for one path; `x.wild.example` by either."""


class Destination:
    """A TLS server for whatever name a client asks for, which answers every request."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.as_name = ""
        """The name whose certificate it shows; empty: the one that the client asks for."""
        self.heads: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            context = self.authority.get_context(self.as_name) if self.as_name else self.authority.make_server_context()
            with context.wrap_socket(connection, server_side=True) as tls:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (data := tls.recv(65536)):
                        return
                    head += data
                self.heads.append(head.decode())
                tls.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        except (OSError, ssl.SSLError):
            connection.close()

    def close(self) -> None:
        self._socket.close()


class Gateway:
    """The gateway's Envoy with two destinations: where the client goes, and where the resolver says."""

    def __init__(self, envoy: EnvoyProcess, asked: Destination, resolved: Destination, own: Authority, world: Authority) -> None:
        self.envoy, self.asked, self.resolved, self.own, self.world = envoy, asked, resolved, own, world

    def request(self, path: str, *, sni: str, host: str = "", trusts: Authority | None = None, more: str = "") -> tuple[str, str, str]:
        """Send one request; return the answer's status, the decision in the log and the issuer of the certificate that was shown."""
        before = len(self.decided())
        context = ssl.create_default_context(cafile=str((trusts or self.own).file))
        raw = socket.create_connection(("127.0.0.1", self.envoy.port()), timeout=20)
        with raw, context.wrap_socket(raw, server_hostname=sni) as tls:
            shown = x509.load_der_x509_certificate(tls.getpeercert(True) or b"")
            text = f"GET {path} HTTP/1.1\r\nHost: {host or sni}\r\n{more}Connection: close\r\n\r\n"
            tls.sendall(text.encode())
            status = tls.makefile("rb").readline().decode().split()[1]
        deadline = time.monotonic() + 20
        while len(self.decided()) == before:
            assert time.monotonic() < deadline, "no log line"
            time.sleep(0.02)
        issuer = str(shown.issuer.rfc4514_string()).removeprefix("CN=").replace("\\,", ",")
        return status, self.decided()[-1].get("rule") or "", issuer

    def decided(self) -> list[dict[str, Any]]:
        return [each for each in self.envoy.log() if "host" in each]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    if not installed():
        pytest.skip("Envoy is not installed; run `make setup`")
    folder: Path = tmp_path_factory.mktemp("opened")
    own, world, resolver = Authority(folder, GATEWAY), Authority(folder, WORLD), IPv4Address("127.0.0.1")
    made = add_listener_log(build_listener(GatewayPolicy(True, RULES, False, True), resolver, own.get_pem))
    made["address"] = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    made["listener_filters"] = [each for each in made["listener_filters"] if each["name"] != "OriginalDst"]  # needs CAP_NET_ADMIN
    (folder / LISTENERS).write_bytes(encode("DiscoveryResponse", {"version_info": "1", "resources": [made]}))
    config = build_bootstrap(str(folder), resolver, world.file)
    asked, resolved = Destination(world), Destination(world)
    for each in config["static_resources"]["clusters"]:
        # No redirected connections and no resolver here: each way out leads to a server of its own.
        port = (resolved if each["name"].startswith("named") else asked).port
        each.pop("upstream_bind_config")
        each.pop("cluster_type", None)
        address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
        each |= {
            "type": "STATIC",
            "lb_policy": "ROUND_ROBIN",
            "load_assignment": {"cluster_name": each["name"], "endpoints": endpoints},
        }
    try:
        with running(folder, config) as envoy:
            yield Gateway(envoy, asked, resolved, own, world)
    finally:
        asked.close()
        resolved.close()


@pytest.mark.parametrize(
    ("sni", "path", "decision"),
    [
        ("api.example", "/v1/items", "PERMIT|url|true"),
        ("api.example", "/v1/items?page=2", "PERMIT|url|true"),
        ("API.example", "/v1/items", "PERMIT|url|true"),
        ("api.example", "/exact", "PERMIT|url|true"),
        ("api.example", "/exactly", "DENY|rest|true"),
        ("api.example", "/V1/items", "DENY|rest|true"),
        ("api.example", "/v2/items", "DENY|rest|true"),
        ("api.example", "/", "DENY|rest|true"),
        ("api.example", "/v1/../admin", "DENY|rest|true"),
        ("api.example", "/v1/..;/admin", "DENY|rest|true"),
        ("api.example", "/v1/%2e%2e/admin", "DENY|rest|true"),
        ("api.example", "/v1//x", "DENY|rest|true"),
        ("git.example", "/good/repo", "PERMIT|later-permit|true"),
        ("git.example", "/evil/repo", "DENY|bad-url|true"),
        ("git.example", "/x/../evil/repo", "DENY|bad-url|true"),
        ("git.example", "/%65vil/repo", "DENY|bad-url|true"),
        ("x.wild.example", "/v2/a", "PERMIT|verified-url|true|named"),
        ("x.wild.example", "/v3/a", "PERMIT|later-permit|true"),
        ("y.wild.example", "/v3/a", "DENY|rest|true"),
        ("seen.example", "/secret/ok", "DENY|watched|false"),
        ("seen.example", "/secret/no", "DENY|watched|false>DENY|rest|true"),
    ],
)
def test_the_first_rule_that_fits_name_and_path_decides_each_request(gateway: Gateway, sni: str, path: str, decision: str) -> None:
    status, logged, issuer = gateway.request(path, sni=sni)
    refused = decision.rpartition(">")[2].startswith("DENY") and decision != "DENY|watched|false"
    assert (status, logged, issuer) == ("403" if refused else "200", decision, gateway.own.subject)


def test_a_name_that_an_earlier_rule_decides_is_not_opened(gateway: Gateway) -> None:
    before = len(gateway.decided())
    context = ssl.create_default_context(cafile=str(gateway.world.file))
    raw = socket.create_connection(("127.0.0.1", gateway.envoy.port()), timeout=20)
    with raw, context.wrap_socket(raw, server_hostname="early.example") as tls:
        tls.sendall(b"GET /anything HTTP/1.1\r\nHost: early.example\r\n\r\n")
        assert tls.makefile("rb").readline().split()[1] == b"200"
    assert len(gateway.decided()) == before


@pytest.mark.parametrize(
    ("sni", "host", "path", "decision"),
    [
        ("api.example", "other.example", "/v1/items", "DENY|rest|true"),
        ("git.example", "api.example", "/v1/items", "DENY|rest|true"),
        ("api.example", "denied.example", "/v1/items", "DENY|later-deny|true"),
        ("git.example", "other.example", "/evil/repo", "DENY|bad-url|true"),
    ],
)
def test_a_host_other_than_the_sni_is_permitted_by_no_name_and_denied_by_either(
    gateway: Gateway, sni: str, host: str, path: str, decision: str
) -> None:
    assert gateway.request(path, sni=sni, host=host)[:2] == ("403", decision)


def test_the_headers_for_the_matcher_cannot_be_set_by_the_client(gateway: Gateway) -> None:
    forged = "X-Containment-Path: /v1/x\r\nX-Containment-Agrees: yes\r\nX-Containment-Way: named_tls\r\n"
    assert gateway.request("/v2/items", sni="api.example", more=forged)[:2] == ("403", "DENY|rest|true")
    gateway.request("/v1/forged", sni="api.example", more=forged)
    head = next(each for each in gateway.asked.heads if "/v1/forged" in each)
    assert "containment" not in head.lower()


def test_a_verified_name_goes_to_the_address_of_the_resolver(gateway: Gateway) -> None:
    gateway.request("/v2/verified", sni="x.wild.example")
    gateway.request("/v1/unverified", sni="api.example")
    assert any("/v2/verified" in each for each in gateway.resolved.heads)
    assert not any("/v2/verified" in each for each in gateway.asked.heads)
    assert any("/v1/unverified" in each for each in gateway.asked.heads)


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_destination_without_a_valid_certificate_is_not_reached(gateway: Gateway, tmp_path: Path, wrong: str) -> None:
    for each in (gateway.asked, gateway.resolved):
        each.authority = Authority(tmp_path, WORLD) if wrong == "authority" else gateway.world
        each.as_name = "other.example" if wrong == "name" else ""
    try:
        assert gateway.request(f"/v1/{wrong}", sni="api.example")[:2] == ("503", "PERMIT|url|true")
        assert "CERTIFICATE_VERIFY_FAILED" in gateway.decided()[-1]["failure"]
        assert gateway.request(f"/v2/{wrong}", sni="x.wild.example")[0] == "503"
    finally:
        for each in (gateway.asked, gateway.resolved):
            each.authority, each.as_name = gateway.world, ""
    assert not any(wrong in each.split(" ")[1] for each in [*gateway.asked.heads, *gateway.resolved.heads])


def test_a_client_that_does_not_trust_the_gateways_authority_fails(gateway: Gateway) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        gateway.request("/v1/items", sni="api.example", trusts=gateway.world)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("api.example.com", "api.example.com"),
        ("*.example.com", "*.example.com"),
        ("api-*.example.com", "*.example.com"),
        ("a.*.example.com", None),
        ("*", None),
        ("*.com", None),
    ],
)
def test_a_certificate_is_for_the_host_or_for_a_whole_first_label(host: str, name: str | None) -> None:
    assert choose_certificate_name(DomainPattern(host)) == name
