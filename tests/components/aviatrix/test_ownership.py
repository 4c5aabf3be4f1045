"""A stack's rules have a place on the Controller of their own: a list that no other owns, or an attachment point that exists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment.controller_api.client import ControllerAddress
from containment.controller_api.reader import ControllerReader
from containment.preflight.controller import find_attachment_points
from tests.containment_lab.controller.conftest import Simulator
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


def run(simulator: Simulator, authority: Path, *, platform: bool = False, stack: str = "dev", **overrides: str) -> Deployed:
    config = stack_config(stack, **overrides)
    config["aviatrix:controllerIp"] = simulator.url.removeprefix("https://")
    config["aviatrix:password"] = "pw"
    config["aviatrix:pathToCaCertificate"] = str(authority)
    return deploy(stack, config, platform=platform)


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
    assert run(simulator, authority, platform=True, manageControllerPolicy="false").error is None, "a ruleset takes nothing over"


def test_a_controller_that_does_not_answer_is_not_taken_over(simulator: Simulator, tmp_path: Path) -> None:
    strange = tmp_path / "other-ca.pem"
    strange.write_text((Path(simulator.home.root) / "controller.pem").read_text())  # not the authority that signed it
    for authority in (tmp_path / "missing.pem", strange):
        refused = run(simulator, authority)
        assert refused.error is not None
        assert "so the list is not taken over" in refused.error
        assert registered(refused) == []


def add_point(simulator: Simulator, *names: str) -> None:
    points = [{"attachment_point": {"name": name}, "priority": 10 * n, "name": ""} for n, name in enumerate(names, 1)]
    status, answer = simulator.rest("POST", "microseg/policy-list3", {"name": f"group-of-{names[0]}", "sub_policies": points})
    assert status == 200, answer


def test_a_stack_without_its_attachment_point_is_refused_with_the_command_that_makes_it(simulator: Simulator) -> None:
    authority = simulator.home.controller_ca
    add_point(simulator, "agents-another-stack")
    for stack, fix in (
        ("coding-monitor", "deploy the platform stack, which creates it: pulumi up -C platform --stack platform"),
        ("dev", "agent-containment-platform:extraStacks: [dev]"),
    ):
        refused = run(simulator, authority, stack=stack, manageControllerPolicy="false")
        assert refused.error is not None
        assert f"no attachment point agents-{stack}" in refused.error
        assert fix in refused.error
        assert "containment lab up -C platform --stack platform" in refused.error
        assert registered(refused) == []
    simulator.rest("GET", "microseg/attachment-points?name=agents-dev", {})  # gives the point an id, and makes none
    assert run(simulator, authority, manageControllerPolicy="false").error is not None
    add_point(simulator, "agents-dev")
    assert run(simulator, authority, manageControllerPolicy="false").error is None


def test_a_session_that_ends_in_between_is_begun_again(simulator: Simulator) -> None:
    url = simulator.url.removeprefix("https://")
    reader = ControllerReader(ControllerAddress(url, "admin", "pw", authority=str(simulator.home.controller_ca)))
    simulator.fault(match="GET microseg/policy-list3", expire_sessions=True)
    assert isinstance(find_attachment_points(reader), dict)
    simulator.log_in()


def test_a_group_that_the_list_shows_in_brief_is_read_whole() -> None:
    class Brief:
        def get_rulesets(self) -> list[dict[str, Any]]:
            return [{"uuid": "g", "name": "group"}, {"uuid": "r", "name": "rules", "policies": []}]

        def get_ruleset(self, uuid: str) -> dict[str, Any]:
            assert uuid == "g"
            return {"uuid": "g", "sub_policies": [{"attachment_point": {"name": "agents-dev", "uuid": "p"}, "priority": 10}]}

    assert find_attachment_points(Brief()) == {"agents-dev": "p"}  # type: ignore[arg-type]


def test_a_controller_that_does_not_answer_is_not_taken_for_one_with_the_point(simulator: Simulator, tmp_path: Path) -> None:
    refused = run(simulator, tmp_path / "missing.pem", manageControllerPolicy="false")
    assert refused.error is not None
    assert "so the stack stops" in refused.error
    assert registered(refused) == []
