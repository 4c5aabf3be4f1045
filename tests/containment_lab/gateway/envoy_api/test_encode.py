"""The binary form has the meaning of the JSON form: Envoy itself loads both and has the same configuration."""

from __future__ import annotations

import dataclasses
import json
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment.patterns.url import UrlPattern
from containment_lab.gateway.enforced_policy import EVERYWHERE, GatewayPolicy, GatewayRule
from containment_lab.gateway.envoy_api.encode import SchemaError, encode
from containment_lab.gateway.envoy_process import build_bootstrap
from containment_lab.gateway.filter_chains import add_listener_log
from containment_lab.gateway.proxy_configuration import build_listener
from containment_lab.internet.certificates import GATEWAY, WORLD, Authority
from tests.containment_lab.network.envoy_process import installed, running

RESOLVER = IPv4Address("10.42.0.2")
NAMES = tuple(map(DomainPattern, ("a.example", "*.b.example", "c*.d.example")))
URLS = (UrlPattern(DomainPattern("u.example"), "/v1/*"), UrlPattern(DomainPattern("*.u.example"), "/get"))
RULE = GatewayRule(
    uuid="deny", name="deny", permits=False, watched=False, sources=(IPv4Network("10.42.10.0/24"),), destinations=EVERYWHERE,
    protocol=Protocol.TCP, ports=((443, 443), (8000, 9000)), patterns=NAMES, tls_required=False, tls_refused=False,
    verify_sni=False, logged=True,
)  # fmt: skip
RULES = (
    dataclasses.replace(RULE, uuid="watched", watched=True),
    RULE,
    dataclasses.replace(RULE, uuid="url", permits=True, patterns=(), decrypted_urls=URLS, tls_required=True, verify_sni=True),
    dataclasses.replace(RULE, uuid="allow", permits=True, ports=((443, 443), (8443, 8443)), tls_required=True, verify_sni=True),
    dataclasses.replace(RULE, uuid="plain", permits=True, destinations=(IPv4Network("10.0.0.0/8"),), patterns=None, tls_refused=True),
    dataclasses.replace(RULE, uuid="rest", patterns=None, ports=()),
)


def made(folder: Path, *, permits: bool) -> dict[str, Any]:
    """Return a listener that uses every form a policy can have, on a free loopback port."""
    out = add_listener_log(build_listener(GatewayPolicy(True, RULES, permits, True), RESOLVER, Authority(folder, GATEWAY).get_pem))
    out["address"] = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    out["listener_filters"] = [each for each in out["listener_filters"] if each["name"] != "OriginalDst"]  # needs CAP_NET_ADMIN
    return out


@pytest.mark.skipif(not installed(), reason="Envoy is not installed; run `make setup`")
@pytest.mark.parametrize("permits", [False, True], ids=["default-deny", "default-permit"])
def test_envoy_has_the_same_configuration_from_either_form(tmp_path: Path, permits: bool) -> None:
    response = {"version_info": "7", "resources": [made(tmp_path, permits=permits)]}
    forms = {"json": json.dumps(response).encode(), "pb": encode("DiscoveryResponse", response)}
    loaded = {}
    for form, content in forms.items():
        folder = tmp_path / form
        folder.mkdir()
        (folder / f"listeners.{form}").write_bytes(content)
        config = build_bootstrap(str(folder), RESOLVER, Authority(folder, WORLD).file)
        config["dynamic_resources"]["lds_config"]["path_config_source"]["path"] = str(folder / f"listeners.{form}")
        for each in config["static_resources"]["clusters"]:
            each.pop("upstream_bind_config")
        with running(folder, config) as envoy:
            state = envoy.document("/config_dump?resource=dynamic_listeners")["configs"][0]["active_state"]
        assert state["version_info"] == "7"
        loaded[form] = state["listener"]
    assert loaded["pb"] == loaded["json"]
    assert len(loaded["pb"]["filter_chains"]) >= 6


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"nonsense": 1}, "field 'nonsense' of Envoy message 'Listener'"),
        ({"filter_chains": [{"name": "x", "metadata": {}}]}, "field 'metadata' of Envoy message 'FilterChain'"),
        ({"access_log": [{"typed_config": {"@type": "type.googleapis.com/x.FileAccessLog"}}]}, "Envoy message 'FileAccessLog'"),
    ],
)
def test_what_the_table_does_not_list_is_an_error(values: dict[str, Any], named: str) -> None:
    with pytest.raises(SchemaError, match=named):
        encode("Listener", values)


def test_an_unknown_enum_value_is_an_error() -> None:
    with pytest.raises(SchemaError, match="value 'V7_ONLY' of Envoy field 'dns_lookup_family'"):
        encode("DnsCacheConfig", {"dns_lookup_family": "V7_ONLY"})
