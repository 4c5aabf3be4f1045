"""The proxy's configuration fails closed, is the same for cloud and lab but for addresses, and Envoy accepts it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from containment.certificate_authority import CertificateAuthority, create_key, encode_pem
from containment.credential_gateway.envoy import EnvoySettings, ListenerTls, Upstream, build_envoy_configuration
from containment_lab.linux.tools import find_envoy
from tests.containment.credential_gateway.samples import NVIDIA, TABLE

CLOUD = EnvoySettings(
    address="0.0.0.0",
    port=8443,
    tls=None,
    service_socket="/run/credential-gateway/authorizer.sock",
    authorities="/etc/ssl/certs/ca-certificates.crt",
    access_log=None,
)
LAB = replace(
    CLOUD,
    access_log="/tmp/access.log",
    upstreams={route.host: Upstream(address=IPv4Address("203.0.113.9"), port=8443) for route in TABLE.routes},
    resolver=IPv4Address("10.42.0.2"),
)


def iterate(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from iterate(inner)


def find(value: Any, key: str) -> list[Any]:
    return [found for name, found in iterate(value) if name == key]


@pytest.mark.parametrize("settings", [CLOUD, LAB], ids=["cloud", "lab"])
def test_without_a_decision_nothing_is_forwarded(settings: EnvoySettings) -> None:
    built = build_envoy_configuration(TABLE, settings)
    assert find(built, "failure_mode_allow") == [False]
    assert set(find(built, "allow_partial_message")) == {False}
    filters = [one["name"] for one in find(built, "http_filters")[0]]
    assert filters.index("envoy.filters.http.ext_authz") == 1
    assert filters[0] == "envoy.filters.http.set_metadata"
    assert filters[-1] == "envoy.filters.http.router"
    per_route = find(built, "typed_per_filter_config")
    assert len(per_route) == len(TABLE.routes) + 1
    assert "disabled" not in {key for one in per_route for key, _ in iterate(one)}, "no route goes without the decision"


@pytest.mark.parametrize("settings", [CLOUD, LAB], ids=["cloud", "lab"])
def test_nothing_is_sent_twice_and_nothing_is_shown(settings: EnvoySettings) -> None:
    built = build_envoy_configuration(TABLE, settings)
    keys = {key for key, _ in iterate(built)}
    assert not keys & {"retry_policy", "admin", "request_mirror_policies", "upgrade_configs", "hedge_policy", "internal_redirect_policy"}
    text = json.dumps(find(built, "access_log"))
    assert "%REQ(:METHOD)%" in text
    assert text.count("%REQ(") == 1, "no other header, and no path, is logged"


def test_each_destination_is_verified_by_its_own_name_and_passed_to_the_service() -> None:
    built = build_envoy_configuration(TABLE, CLOUD)
    clusters = {one["name"]: one for one in built["static_resources"]["clusters"] if one["name"] != "authorizer"}
    assert set(clusters) == {route.host for route in TABLE.routes}
    for host, cluster in clusters.items():
        tls = cluster["transport_socket"]["typed_config"]
        assert tls["sni"] == host
        assert tls["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"] == [
            {"san_type": "DNS", "matcher": {"exact": host}}
        ]
    for route in find(built, "routes")[0][:-1]:
        context = route["typed_per_filter_config"]["envoy.filters.http.ext_authz"]["check_settings"]["context_extensions"]
        assert context == {"class": "coding", "host": route["name"]}
        assert route["match"]["prefix"] == f"/{route['name']}/"
        assert route["route"]["cluster"] == route["route"]["host_rewrite_literal"] == route["name"]


def test_cloud_and_lab_differ_in_addresses_alone() -> None:
    def strip(settings: EnvoySettings) -> Any:
        built = build_envoy_configuration(TABLE, settings)
        for cluster in built["static_resources"]["clusters"]:
            for key in ("load_assignment", "type", "typed_dns_resolver_config"):
                cluster.pop(key, None)
        find(built, "access_log")[0].clear()
        return built

    assert strip(CLOUD) == strip(LAB)


def test_no_secret_is_named_in_the_configuration() -> None:
    text = json.dumps(build_envoy_configuration(TABLE, CLOUD))
    assert not any(route.secret in text for route in TABLE.routes)
    assert NVIDIA in text


@pytest.mark.parametrize("kind", ["cloud", "lab", "resolver", "tls"])
def test_envoy_accepts_the_configuration(tmp_path: Path, kind: str) -> None:
    settings = {"lab": LAB, "resolver": replace(LAB, upstreams=None)}.get(kind, CLOUD)
    if kind == "tls":
        authority, key = CertificateAuthority.create("test"), create_key()
        (tmp_path / "cert.pem").write_text(authority.sign_server_certificate(["gateway.example.com"], key), encoding="utf-8")
        (tmp_path / "key.pem").write_text(encode_pem(key), encoding="utf-8")
        settings = replace(CLOUD, tls=ListenerTls(certificate=str(tmp_path / "cert.pem"), key=str(tmp_path / "key.pem")))
    path = tmp_path / "envoy.json"
    path.write_text(json.dumps(build_envoy_configuration(TABLE, settings)), encoding="utf-8")
    done = subprocess.run(
        [find_envoy(), "--mode", "validate", "-l", "error", "-c", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
