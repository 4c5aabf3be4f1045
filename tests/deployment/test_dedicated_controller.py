"""A stack that owns the Controller's list: up, again, enforced in place with the same host, and a second owner is refused."""

from __future__ import annotations

import pytest

from tests.deployment.lab import Lab

pytestmark = pytest.mark.slow


@pytest.mark.long
def test_a_dedicated_controller_has_one_owner(lab: Lab) -> None:
    host = lab.must("up", "dev").report["outputs"]["agentInstanceId"]
    assert set(lab.must("refresh", "dev").report["changes"]) == {"same"}
    assert set(lab.must("up", "dev", "--skip-preview").report["changes"]) == {"same"}
    rules = lab.controller()["policy_list"]
    assert [rule["priority"] for rule in rules] == sorted(rule["priority"] for rule in rules)
    assert rules[0]["name"] == "vca-openclaw-shadow-model-deny"

    enforced = lab.must("up", "dev", "--skip-preview", "--config", "policyMode=enforce").report
    assert "replace" not in enforced["changes"], "the mode is the gateway's to change under a live host"
    assert enforced["outputs"]["agentInstanceId"] == host
    assert not any(rule.get("watch") for rule in lab.controller()["policy_list"])

    before = lab.controller()["policy_list"]
    keys = ("agentClass=coding", "manageControllerPolicy=true", "vpcCidr=10.91.0.0/16")
    other = lab.run("preview", "dev2", *(word for key in keys for word in ("--config", key)))
    assert other.code == 1
    assert "another owner" in other.report["diagnostics"][0]["message"]
    assert lab.controller()["policy_list"] == before
    lab.must("destroy", "dev")
    assert lab.controller()["default_action"]["action"] == "DENY"
