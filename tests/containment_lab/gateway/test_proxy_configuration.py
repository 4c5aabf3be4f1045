"""Envoy itself accepts the configuration that is made of a policy, however many names it has and of whatever form."""

from __future__ import annotations

import json
import subprocess
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from containment.names import Protocol
from containment.patterns.domain import DomainPattern
from containment_lab.gateway.enforced_policy import EVERYWHERE, GatewayPolicy, GatewayRule
from containment_lab.gateway.envoy_process import build_bootstrap
from containment_lab.gateway.filter_chains import add_listener_log
from containment_lab.gateway.proxy_configuration import build_listener
from containment_lab.internet.certificates import GATEWAY, WORLD, Authority
from containment_lab.linux.tools import find_envoy

RESOLVER = IPv4Address("10.42.0.2")
SOURCES = (IPv4Network("10.42.10.0/24"),)


def envoy() -> str:
    try:
        return find_envoy()
    except (FileNotFoundError, PermissionError):
        return ""


def rule(name: str, patterns: list[str] | None, *, permits: bool, watched: bool = False, tls: bool = False) -> GatewayRule:
    names = None if patterns is None else tuple(map(DomainPattern, patterns))
    return GatewayRule(
        uuid=name,
        name=name,
        permits=permits,
        watched=watched,
        sources=SOURCES,
        destinations=EVERYWHERE,
        protocol=Protocol.TCP,
        ports=((443, 443),),
        patterns=names,
        tls_required=tls,
        tls_refused=False,
        verify_sni=tls,
        logged=True,
    )


@pytest.mark.skipif(not envoy(), reason="Envoy is not installed; run `make setup`")
@pytest.mark.parametrize("watched", [False, True], ids=["applied", "watched"])
@pytest.mark.parametrize("count", [0, 1, 1001, 50_000])
def test_envoy_takes_any_number_of_names_of_every_form(tmp_path: Path, count: int, watched: bool) -> None:
    forms = ("s{}.shadow.example", "*.s{}.shadow.example", "a*{}.shadow.example")
    denied = [forms[0].format(index) for index in range(count)] + [
        form.format(index) for form in forms for index in range(min(count, 1500))
    ]
    policy = GatewayPolicy(
        True,
        (
            rule("deny", denied, permits=False, watched=watched),
            rule("allow", [f"a{index}.allowed.example" for index in range(count)], permits=True, tls=True),
            rule("rest", None, permits=False, watched=watched),
        ),
        False,
        True,
    )
    made = add_listener_log(build_listener(policy, RESOLVER, Authority(tmp_path, GATEWAY).get_pem))
    config = build_bootstrap(str(tmp_path), RESOLVER, Authority(tmp_path, WORLD).file)
    config.pop("dynamic_resources")
    config["static_resources"]["listeners"] = [{key: value for key, value in made.items() if key != "@type"}]
    (tmp_path / "envoy.json").write_text(json.dumps(config))
    command = [envoy(), "--mode", "validate", "-c", str(tmp_path / "envoy.json"), "-l", "error"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-600:]
