"""A client of opened TLS passes only for the reason that its test is about; what was not sent is not tested."""

from __future__ import annotations

import dataclasses
import socket
import threading
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from containment.logs.record import DecisionRecord
from containment.names import WellKnownObject
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment.policy.flow import PolicyVerdict
from containment_lab.gateway.enforced_policy import read_policy
from containment_lab.internet.certificates import GATEWAY, WORLD, Authority
from containment_lab.validation.opened_tls import (
    Client,
    OpenedUrl,
    _make_task,
    _SentRequest,
    evaluate_path,
    evaluate_pinning,
    list_opened_urls,
    summarize_clients,
)
from containment_lab.validation.probes import Result
from containment_lab.validation.tls_clients import RequestEnd, RequestResult, send_request

WEB, NAMES = "00000000-0000-0000-0000-0000000000a1", "00000000-0000-0000-0000-0000000000a2"
OURS, SITE = "gateway authority", "site authority"


def opened(text: str, *, permits: bool = True) -> OpenedUrl:
    host, _, path = text.partition("/")
    return OpenedUrl(UrlPattern(DomainPattern(host), f"/{path}"), "by-url", permits)


URL = opened("api.example.com/v1/*")


def stated(name: str, priority: int, web: str, **more: Any) -> dict[str, Any]:
    base = {
        "uuid": name,
        "name": name,
        "action": "PERMIT",
        "priority": priority,
        "protocol": "TCP",
        "src_ads": [WellKnownObject.ANYWHERE.value],
    }
    return {**base, "dst_ads": [WellKnownObject.ANYWHERE.value], "port_ranges": [{"lo": 443}], "web_filters": [web], **more}


def held(*rules: dict[str, Any], urls: tuple[str, ...] = ("https://api.example.com/v1/*", "files.example.com/get")) -> dict[str, Any]:
    groups = {WEB: ("urlfilter", urls), NAMES: ("snifilter", ["ok.example"])}
    domains = {
        key: {"name": kind, "selector": {"any": [{"all": {kind: each}} for each in values]}} for key, (kind, values) in groups.items()
    }
    empty: dict[str, Any] = {"tls_profiles": {}, "rulesets": {}, "groups": {}}
    return {
        **empty,
        "features": {"microseg": True},
        "app_domains": domains,
        "policy_list": list(rules),
        "default_action": {"action": "DENY"},
    }


def test_a_rule_that_decrypts_has_its_urls_and_no_other_rule_has() -> None:
    policy = read_policy(
        held(stated("decrypts", 1, WEB, decrypt_policy="DECRYPT_ALLOWED"), stated("does-not", 2, WEB), stated("names", 3, NAMES)), {}
    )
    assert {each.name: tuple(map(str, each.decrypted_urls)) for each in policy.rules} == {
        "decrypts": ("api.example.com/v1/*", "files.example.com/get"),
        "does-not": (),
        "names": (),
    }
    assert policy.rules[1].patterns == (), "no flow matches a URL whose TLS stays closed"


def test_a_url_that_cannot_be_read_is_named_and_the_others_are_used() -> None:
    urls = ("a.example/*/x", "bad host/x", "b.example/x")
    policy = read_policy(held(stated("decrypts", 1, WEB, decrypt_policy="DECRYPT_ALLOWED"), urls=urls), {})
    assert tuple(map(str, policy.rules[0].decrypted_urls)) == ("b.example/x",)
    assert len(policy.unresolved) == 2
    assert all(text.startswith("urlfilter: URL ") for text in policy.unresolved)


def test_each_url_is_tried_once_under_the_first_rule_that_names_it() -> None:
    rules = [
        {"name": "one", "permits": True, "port": 443, "decrypted_urls": ["a.example/x", "b.example/y*"]},
        {"name": "none", "permits": True, "port": 443, "decrypted_urls": []},
        {"name": "two", "permits": False, "port": 8443, "decrypted_urls": ["b.example/y*", "*.c.example/z"]},
    ]
    found = [(str(each.url), each.rule, each.host, each.path, each.port) for each in list_opened_urls(rules)]
    assert found == [
        ("a.example/x", "one", "a.example", "/x", 443),
        ("b.example/y*", "one", "b.example", "/ycontainment-probe", 443),
        ("*.c.example/z", "two", "containment-probe.c.example", "/z", 8443),
    ]


def test_without_opened_tls_the_clients_are_skipped_with_the_reason() -> None:
    assert summarize_clients([]).startswith("SKIPPED")
    assert "tlsDecryptionUrls" in summarize_clients([])


@pytest.mark.parametrize(
    ("url", "client", "why"),
    [
        ("a.*.example/x", Client.PINNING, "no certificate"),
        ("a.example/%61", Client.PERMITTED, "more than one way"),
        ("a.example/*", Client.OTHER_PATH, "every path"),
    ],
)
def test_what_cannot_be_sent_has_its_reason(url: str, client: Client, why: str) -> None:
    task = _make_task(opened(url), client, [opened(url)], "pin")
    assert isinstance(task, str)
    assert why in task


def sent(
    ended: RequestEnd, issuer: str, rule: str = "", *, denied: bool = False, enforced: bool = True, arrived: bool = False
) -> _SentRequest:
    record = DecisionRecord(
        time=datetime.now(UTC),
        stack="dev",
        source=ip_address("10.42.10.4"),
        server_name="api.example.com",
        address=ip_address("192.0.2.1"),
        port=443,
        rule_uuid=None,
        rule=rule,
        verdict=PolicyVerdict.DENY if denied else PolicyVerdict.PERMIT,
        enforced=enforced,
    )
    return _SentRequest(RequestResult(ended, 200, issuer, 40000), record if rule else None, ("api.example.com",) if arrived else ())


@pytest.mark.parametrize(
    ("ended", "issuer", "arrived", "result"),
    [
        (RequestEnd.PIN_DIFFERS, OURS, False, Result.PASS),
        (RequestEnd.PIN_DIFFERS, OURS, True, Result.FAIL),
        (RequestEnd.PIN_DIFFERS, SITE, False, Result.FAIL),
        (RequestEnd.ANSWERED, SITE, True, Result.FAIL),
        (RequestEnd.NO_ANSWER, "", False, Result.FAIL),
        (RequestEnd.CERTIFICATE_REFUSED, "", False, Result.FAIL),
    ],
)
def test_a_pinning_client_passes_only_by_meeting_the_gateways_certificate(
    ended: RequestEnd, issuer: str, arrived: bool, result: Result
) -> None:
    assert evaluate_pinning(sent(ended, issuer, arrived=arrived), OURS)[0] is result


@pytest.mark.parametrize(
    ("client", "one", "result"),
    [
        (Client.PERMITTED, sent(RequestEnd.ANSWERED, OURS, "by-url", arrived=True), Result.PASS),
        (Client.PERMITTED, sent(RequestEnd.ANSWERED, SITE, "by-url", arrived=True), Result.FAIL),
        (Client.PERMITTED, sent(RequestEnd.ANSWERED, OURS, "by-url"), Result.FAIL),
        (Client.PERMITTED, sent(RequestEnd.ANSWERED, OURS, "other", arrived=True), Result.FAIL),
        (Client.PERMITTED, sent(RequestEnd.ANSWERED, OURS, arrived=True), Result.FAIL),
        (Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "rest", denied=True), Result.PASS),
        (Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "rest", denied=True, arrived=True), Result.FAIL),
        (Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "rest", denied=True, enforced=False, arrived=True), Result.PASS),
        (Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "rest", denied=True, enforced=False), Result.FAIL),
        (Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "by-url", arrived=True), Result.FAIL),
        (Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "by-name", arrived=True), Result.FAIL),
    ],
)
def test_a_path_passes_only_with_its_rule_its_verdict_and_its_effect(client: Client, one: _SentRequest, result: Result) -> None:
    assert evaluate_path(URL, client, one, OURS)[0] is result


def test_a_url_that_is_denied_passes_when_it_is_denied_and_the_rest_of_the_host_may_be_permitted() -> None:
    url = dataclasses.replace(URL, permits=False)
    assert evaluate_path(url, Client.PERMITTED, sent(RequestEnd.ANSWERED, OURS, "by-url", denied=True), OURS)[0] is Result.PASS
    assert evaluate_path(url, Client.PERMITTED, sent(RequestEnd.ANSWERED, OURS, "by-url", arrived=True), OURS)[0] is Result.FAIL
    assert evaluate_path(url, Client.OTHER_PATH, sent(RequestEnd.ANSWERED, OURS, "by-name", arrived=True), OURS)[0] is Result.PASS


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Authority]:
    """A TLS server on loopback that answers one request per connection; the host trusts its authority."""
    authority = Authority(tmp_path, WORLD)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            try:
                with authority.make_server_context().wrap_socket(connection, server_side=True) as tls:
                    if tls.recv(65536):
                        tls.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            except OSError:
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return int(listening.getsockname()[1]), authority


def test_a_client_accepts_the_destinations_own_pin_and_refuses_any_other(site: tuple[int, Authority], tmp_path: Path) -> None:
    port, authority = site
    task = {"host": "localhost", "port": port, "path": "/x", "nonce": "n"}
    right = send_request({**task, "pin": authority.pin})
    assert (right.ended, right.status, right.issuer) == (RequestEnd.ANSWERED, 200, authority.subject)
    wrong = send_request({**task, "pin": Authority(tmp_path, GATEWAY).pin})
    assert (wrong.ended, wrong.issuer) == (RequestEnd.PIN_DIFFERS, authority.subject)


def test_a_client_does_not_take_a_certificate_of_an_authority_that_it_does_not_trust(
    site: tuple[int, Authority], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path / "other", WORLD).file))
    ending = send_request({"host": "localhost", "port": site[0], "path": "/x", "nonce": "n", "pin": ""})
    assert ending.ended is RequestEnd.CERTIFICATE_REFUSED
