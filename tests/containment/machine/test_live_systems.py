"""Preflight asks the lab only when it runs here, else what is configured, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.controller_api.client import ControllerAddress
from containment.machine import live_systems
from containment.preflight.facts import UnreadFact
from containment_lab.home import ENV

STACK = """config:
  aviatrix:controllerIp: 10.0.0.1
  aviatrix:username: admin
  aviatrix:password: plain
"""


def stack_file(folder: Path, text: str) -> None:
    (folder / "Pulumi.x.yaml").write_text(text)


def test_the_stack_file_names_the_address_of_the_controller(tmp_path: Path) -> None:
    stack_file(tmp_path, STACK + "  aviatrix:pathToCaCertificate: /ca.pem\n")
    assert live_systems.find_controller_address("x", tmp_path, {}) == ControllerAddress("10.0.0.1", "admin", "plain", True, "/ca.pem")


def test_the_environment_wins_as_for_the_provider(tmp_path: Path) -> None:
    stack_file(tmp_path, STACK)
    given = {"AVIATRIX_CONTROLLER_IP": "10.0.0.2", "AVIATRIX_USERNAME": "me", "AVIATRIX_PASSWORD": "other"}
    assert live_systems.find_controller_address("x", tmp_path, given) == ControllerAddress("10.0.0.2", "me", "other")


@pytest.mark.parametrize("said", ["false", "False", "'false'"])
def test_verification_that_is_switched_off_is_remembered(tmp_path: Path, said: str) -> None:
    stack_file(tmp_path, STACK + f"  aviatrix:verifySslCertificate: {said}\n")
    found = live_systems.find_controller_address("x", tmp_path, {})
    assert isinstance(found, ControllerAddress)
    assert found.verify is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("config: {}\n", "aviatrix:controllerIp is not set"),
        ("", "aviatrix:controllerIp is not set"),
        (STACK.replace("  aviatrix:username: admin\n", ""), "aviatrix:username is not set"),
        (STACK.replace("plain", "{secure: abc}"), "set AVIATRIX_PASSWORD"),
        ("config: [\n", "aviatrix:controllerIp is not set"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, text: str, why: str) -> None:
    stack_file(tmp_path, text)
    found = live_systems.find_controller_address("x", tmp_path, {})
    assert isinstance(found, UnreadFact)
    assert why in found.why


def test_a_lab_that_does_not_run_is_not_read_and_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV, str(tmp_path / "none"))
    assert live_systems.find_running_lab() is None
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("credentials", "controller", "asked_for", "demanded"),
    [
        (False, False, False, set()),
        (True, False, False, {"aws"}),
        (True, True, False, {"aws", "controller"}),
        (False, True, False, {"controller"}),
        (False, False, True, {"aws", "controller"}),
    ],
)
def test_what_is_configured_or_demanded_must_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: bool, controller: bool, asked_for: bool, demanded: set[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if credentials:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    stack_file(tmp_path, STACK if controller else "")
    place = live_systems.find_real_systems("x", "eu-west-1", demanded=asked_for, folder=tmp_path)
    assert place.demanded == demanded
    assert isinstance(place.clients, UnreadFact) is not credentials
    assert "plain" not in place.said
