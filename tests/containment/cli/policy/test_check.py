"""`containment check` of deployed states offers waivers, and of an account never passes what it could not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
HOST = "urn:pulumi:dev::p::aws:ec2/instance:Instance::agent"


def state(folder: Path, name: str = "state.json", **host: Any) -> Path:
    inputs = {
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "associatePublicIpAddress": False,
        "tags": {"Role": "openclaw-agent-harness"},
        **host,
    }
    instance = {"urn": HOST, "type": "aws:ec2/instance:Instance", "custom": True, "id": "i-1", "inputs": inputs, "outputs": inputs}
    path = folder / name
    path.write_text(json.dumps({"deployment": {"resources": [{"urn": STACK, "type": "pulumi:pulumi:Stack"}, instance]}}))
    return path


def test_each_violation_of_a_deployed_state_comes_with_its_waiver(run: Any, tmp_path: Path) -> None:
    result = run("check", "--state", str(state(tmp_path, keyName="operators")), "--rule", "agent-host-has-no-login")
    assert result.exit_code == 10
    assert f"resource: {HOST}" in result.output


def test_the_waivers_alone_are_entries_of_the_file(run: Any, tmp_path: Path) -> None:
    files = [str(state(tmp_path, f"{number}.json", keyName="operators")) for number in range(2)]
    result = run("check", "--state", files[0], "--state", files[1], "--rule", "agent-host-has-no-login", "--waivers")
    assert result.exit_code == 10
    assert [(one["rule"], one["resource"]) for one in yaml.safe_load(result.output)] == [("agent-host-has-no-login", HOST)]


def test_a_sound_state_has_no_waivers(run: Any, tmp_path: Path) -> None:
    result = run("check", "--state", str(state(tmp_path)), "--rule", "agent-host-has-no-login", "--waivers")
    assert (result.exit_code, result.output.strip()) == (0, "")


@pytest.mark.parametrize(
    "words", [(), ("--waivers",), ("--account", "dev", "state.json"), ("--account", "dev", "--state", "a.json", "--state", "b.json")]
)
def test_wrong_usage_is_exit_2(run: Any, words: tuple[str, ...]) -> None:
    assert run("check", *words).exit_code == 2


def test_a_stack_without_a_state_is_an_error_that_names_the_fix(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("check", "--account", "dev")
    assert result.exit_code == 1
    assert "--state FILE" in result.output


def test_an_account_that_cannot_be_read_is_no_pass(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AVIATRIX_CONTROLLER_IP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    result = run("check", "--account", "dev", "--state", str(state(tmp_path)), "--rule", "agent-host-has-no-login", "--real")
    assert result.exit_code == 12
    assert "NOT READ" in result.output
