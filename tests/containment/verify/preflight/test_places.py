"""Preflight asks the lab only when it runs here, else what is configured, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.lab.home import ENV
from containment.verify.controller import Address
from containment.verify.preflight import places
from containment.verify.preflight.facts import Unread

STACK = """config:
  aviatrix:controllerIp: 10.0.0.1
  aviatrix:username: admin
  aviatrix:password: plain
"""


def stack_file(folder: Path, text: str) -> None:
    (folder / "Pulumi.x.yaml").write_text(text)


def test_the_stack_file_says_where_the_controller_is(tmp_path: Path) -> None:
    stack_file(tmp_path, STACK + "  aviatrix:pathToCaCertificate: /ca.pem\n")
    assert places.controller_address("x", tmp_path, {}) == Address("10.0.0.1", "admin", "plain", True, "/ca.pem")


def test_the_environment_wins_as_for_the_provider(tmp_path: Path) -> None:
    stack_file(tmp_path, STACK)
    given = {"AVIATRIX_CONTROLLER_IP": "10.0.0.2", "AVIATRIX_USERNAME": "me", "AVIATRIX_PASSWORD": "other"}
    assert places.controller_address("x", tmp_path, given) == Address("10.0.0.2", "me", "other")


@pytest.mark.parametrize("said", ["false", "False", "'false'"])
def test_verification_that_is_switched_off_is_remembered(tmp_path: Path, said: str) -> None:
    stack_file(tmp_path, STACK + f"  aviatrix:verifySslCertificate: {said}\n")
    found = places.controller_address("x", tmp_path, {})
    assert isinstance(found, Address)
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
    found = places.controller_address("x", tmp_path, {})
    assert isinstance(found, Unread)
    assert why in found.why


def test_a_lab_that_does_not_run_is_not_asked_and_none_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV, str(tmp_path / "none"))
    assert places.running_lab() is None
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
def test_what_is_configured_or_asked_for_must_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credentials: bool, controller: bool, asked_for: bool, demanded: set[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    if credentials:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    stack_file(tmp_path, STACK if controller else "")
    place = places.real("x", "eu-west-1", demanded=asked_for, folder=tmp_path)
    assert place.demanded == demanded
    assert isinstance(place.clients, Unread) is not credentials
    assert "plain" not in place.said
