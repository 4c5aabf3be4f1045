"""A deployed stack with URLs: the gateway opens their TLS, judges by path as the model predicts, and no pinning client gets through."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from containment.loaders.stack_file import read_stack
from containment.names import PolicyMode, Protocol
from containment.policy.flow import Application
from containment.policy.scenario import Scenario
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.validation.comparison import compare_flows
from containment_lab.validation.evasion import ALL_LAYERS
from containment_lab.validation.opened_tls import Client, list_opened_urls, try_clients
from containment_lab.validation.probes import Result
from tests.deployment.lab import REPOSITORY, Lab
from tests.deployment.world import containment, world_of
from tests.support.entries import with_entries

pytestmark = [
    pytest.mark.packets,
    pytest.mark.slow,
    pytest.mark.namespaces,
    pytest.mark.skipif(bool(list_missing()), reason="; ".join(list_missing())),
]
URLS = with_entries({"tlsDecryptionUrls": ["api.acme.example/v1/*", "*.tenant.dev/get"]})
GIVEN = {**{key: json.dumps(value) for key, value in URLS.items()}, "controllerVersion": "9.0.10"}
PAIRS = [word for key, value in GIVEN.items() for word in ("--config", f"{key}={value}")]
PATHS = {
    "api.acme.example": ("/v1/items", "/v2/items", "/", "/v1"),
    "one.tenant.dev": ("/get", "/get/more", "/put"),
    "api.openai.com": ("/v1/items",),
}


@pytest.fixture(scope="module", params=list(PolicyMode), ids=[each.value for each in PolicyMode])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str, LabNetwork]]:
    own, stack = Lab(tmp_path_factory.mktemp("decryption")), f"open-demo-{request.param.value}"
    try:
        own.platform()
        own.must("up", stack, "--skip-preview", *PAIRS, pack=None)
        yield own, stack, world_of(own, stack)
    finally:
        own.down()


def test_verify_tries_every_url_with_a_trusting_and_a_pinning_client(opened: tuple[Lab, str, LabNetwork]) -> None:
    lab, stack, _ = opened
    done = containment(lab, "verify", "--stack", stack, "--no-update", *PAIRS, "--json")
    document = json.loads(done.stdout)
    found = {(each["url"], each["client"]): each for each in document["openedTls"]}
    assert set(found) == {(url, each.name) for url in ("api.acme.example/v1/*", "*.tenant.dev/get") for each in Client}
    assert {each["result"] for each in found.values()} == {"PASS"}, found
    assert document["skipped"] == []
    said = "WOULD-DENY" if stack.endswith("monitor") else "DENIED"
    assert found["api.acme.example/v1/*", "OTHER_PATH"]["observed"].startswith(f"{said} by vca-openclaw-default-deny")
    assert found["api.acme.example/v1/*", "PERMITTED"]["observed"].startswith("PERMITTED by vca-openclaw-allow-decrypted-urls")


def test_where_nothing_is_opened_the_pinning_client_is_answered_and_fails_the_test(opened: tuple[Lab, str, LabNetwork]) -> None:
    _, _, world = opened
    urls = list_opened_urls(world.send_command("rules"))
    try:
        world.send_command("layers", layers=[each for each in ALL_LAYERS if each not in ("dcf", "dns-firewall")])
        results = try_clients(world, urls)
    finally:
        world.send_command("layers", layers=list(ALL_LAYERS))
    assert {each.result for each in results} == {Result.FAIL}
    pinning = [each.says for each in results if each.client is Client.PINNING]
    assert len(pinning) == len(urls) == 2
    assert all("the destination's own certificate" in each for each in pinning)


def test_packets_do_what_the_model_predicts_by_path(opened: tuple[Lab, str, LabNetwork]) -> None:
    _, stack, world = opened
    expected = {"verdict": "DENY", "rule": "default-deny", "effect": "blocked"}
    rows = [
        Scenario.model_validate(
            {
                "id": f"path-{host.replace('.', '-')}-{number}",
                "agent_class": "open-demo",
                "flow": {
                    "protocol": Protocol.TCP.value,
                    "port": 443,
                    "application": Application.TLS.value,
                    "server_name": host,
                    "path": path,
                },
                "expect": {each.value: expected for each in PolicyMode},
            }
        )
        for host, paths in PATHS.items()
        for number, path in enumerate(paths)
    ]
    compared = compare_flows(world, read_stack(stack, GIVEN, REPOSITORY), rows)
    assert {each.scenario.id: each.why for each in compared if each.state != "AGREES"} == {}
    rules = {each.predicted.rule for each in compared}
    assert {"allow-decrypted-urls", "default-deny", "shadow-model-deny"} <= rules
    assert len(list_opened_urls(world.send_command("rules"))) == 2
