"""A stack that owns the Controller's list takes over nobody else's, and stops when it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.containment.lab.controller.conftest import Simulator
from tests.support.deploy import Deployed, deploy, stack_config

pytestmark = pytest.mark.slow

ANYWHERE = "def000ad-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    one = Simulator(tmp_path_factory.mktemp("controller"), "--no-cloud")
    one.action("enable_controller_feature", feature="microseg")
    try:
        yield one
    finally:
        one.kill()


def group(simulator: Simulator, name: str) -> str:
    status, answer = simulator.rest("POST", "app-domains", {"name": name, "selector": {"any": [{"all": {"cidr": "10.90.10.0/24"}}]}})
    assert status == 200, answer
    uuid: str = answer["uuid"]
    return uuid


def write_list(simulator: Simulator, *sources: str) -> None:
    rules: list[dict[str, Any]] = [
        {"name": f"rule-{n}", "action": "DENY", "priority": n, "protocol": "TCP", "src_ads": [uuid], "dst_ads": [ANYWHERE]}
        for n, uuid in enumerate(sources)
    ]
    status, answer = simulator.rest("PUT", "microseg/policy-list", {"policies": rules})
    assert status == 200, answer


def run(simulator: Simulator, authority: Path, **overrides: str) -> Deployed:
    config = stack_config("dev", **overrides)
    config["aviatrix:controllerIp"] = simulator.url.removeprefix("https://")
    config["aviatrix:password"] = "pw"
    config["aviatrix:pathToCaCertificate"] = str(authority)
    return deploy("dev", config)


def registered(done: Deployed) -> list[str]:
    return [urn for urn in done.resources if "pulumi:pulumi:Stack::" not in urn]


def test_a_list_of_ones_own_is_kept_and_one_of_anothers_is_refused(simulator: Simulator) -> None:
    authority = simulator.home.controller_ca
    assert run(simulator, authority).error is None, "an empty list belongs to nobody"
    own, other = group(simulator, "vca-openclaw-dev-sg-agent-workload"), group(simulator, "somebody-elses-group")
    write_list(simulator, own)
    assert run(simulator, authority).error is None
    write_list(simulator, own, other)
    refused = run(simulator, authority)
    assert refused.error is not None
    assert "rule-1" in refused.error
    assert "rule-0" not in refused.error
    assert "manageControllerPolicy" in refused.error
    assert registered(refused) == []
    assert run(simulator, authority, manageControllerPolicy="false").error is None, "a ruleset takes nothing over"


def test_a_controller_that_cannot_be_asked_is_not_taken_over(simulator: Simulator, tmp_path: Path) -> None:
    strange = tmp_path / "other-ca.pem"
    strange.write_text((Path(simulator.home.root) / "controller.pem").read_text())  # not the authority that signed it
    for authority in (tmp_path / "missing.pem", strange):
        refused = run(simulator, authority)
        assert refused.error is not None
        assert "cannot be told" in refused.error
        assert registered(refused) == []
