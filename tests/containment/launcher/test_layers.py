"""`check` names each required layer that is missing, with what is missing and the fix, and then the answer is no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from containment.confinement.errors import ConfinementError
from containment.exit_code import Exit
from containment.launcher import layers
from containment.launcher.command_line import main
from containment.launcher.layers import Layer, examine_layers
from tests.containment.launcher.profiles import write_profile


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has every layer."""
    (tmp_path / "actions").write_text("kill_process kill_thread trap errno user_notif trace log allow")
    monkeypatch.setattr(layers, "_ACTIONS_FILE", tmp_path / "actions")
    monkeypatch.setattr(layers, "find_bwrap", lambda: "/usr/bin/bwrap")
    monkeypatch.setattr(layers, "find_confinement_refusal", lambda: "")
    monkeypatch.setattr(layers, "read_version", lambda: 7)
    monkeypatch.setattr(layers, "_read_kernel_version", lambda: (6, 1))


def refusals() -> list[Layer]:
    return [each for each in examine_layers() if each.is_refusal]


def test_a_machine_with_every_layer_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refusals() == []
    assert main(["check", "--json", "--profile", str(write_profile(tmp_path))]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["starts"] is True
    assert {each["layer"] for each in found["layers"] if each["required"]} == {"bubblewrap", "namespaces", "kernel", "Landlock", "seccomp"}


def test_without_landlock_every_right_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(layers, "read_version", lambda: 0)
    (layer,) = refusals()
    assert layer.name == "Landlock"
    assert {"EXECUTE", "READ_FILE", "WRITE_FILE", "MAKE_SYM"} <= {*layer.found.replace(",", "").split()}
    assert main(["check", "--profile", str(write_profile(tmp_path))]) == Exit.NO
    assert "Landlock         required  MISSING" in capsys.readouterr().out


def test_an_old_landlock_is_used_and_what_it_lacks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "read_version", lambda: 1)
    assert refusals() == []
    found = next(each.found for each in examine_layers() if each.name == "Landlock")
    assert "REFER, TRUNCATE, IOCTL_DEV" in found


def test_a_filter_without_reports_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kill_process trap errno trace log allow")
    for file in (tmp_path / "old", tmp_path / "missing"):
        monkeypatch.setattr(layers, "_ACTIONS_FILE", file)
        assert [each.name for each in refusals()] == ["seccomp"]


def test_namespaces_an_old_kernel_and_a_missing_bubblewrap_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "find_confinement_refusal", lambda: "bwrap cannot confine a command here (no user namespaces): sysctl")
    monkeypatch.setattr(layers, "_read_kernel_version", lambda: (5, 10))
    assert [each.name for each in refusals()] == ["namespaces", "kernel"]

    def fail() -> str:
        raise ConfinementError("bwrap is not installed")

    monkeypatch.setattr(layers, "find_bwrap", fail)
    assert [each.fix for each in refusals()] == ["install the package bubblewrap"]
