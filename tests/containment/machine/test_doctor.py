"""Doctor says PASS only of what it saw: what cannot be looked at is SKIPPED, what raises or is missing is FAIL."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment.machine import data_plane, doctor
from containment.machine.doctor import examine
from containment.preflight.finding import Finding, Status

POLICY_PROJECT = "policypack/PulumiPolicy.yaml"


def status_of(findings: Iterator[Finding] | list[Finding]) -> dict[str, Status]:
    return {finding.check: finding.status for finding in findings}


def project(root: Path, file: str, text: str) -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text)


def with_virtualenv(name: str) -> str:
    return f"name: x\nruntime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: {name}\n"


def python_in(folder: Path) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").write_text("")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No tool on PATH, no credential anywhere."""
    monkeypatch.setattr("containment.programs.shutil.which", lambda *_, **__: None)
    for name in (*os.environ,):
        if name.startswith(("AWS_", "PULUMI_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "nobody")
    return monkeypatch


def answering(monkeypatch: pytest.MonkeyPatch, stdout: str = "", stderr: str = "", code: int = 0) -> None:
    monkeypatch.setattr("containment.machine.doctor.find_program", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("containment.machine.doctor.subprocess.run", lambda *_, **__: subprocess.CompletedProcess([], code, stdout, stderr))


# Virtualenvs: one that is named and missing hangs the real CLI.


def test_a_virtualenv_that_exists_passes_and_is_looked_for_next_to_its_file(tmp_path: Path) -> None:
    project(tmp_path, "Pulumi.yaml", with_virtualenv(".venv"))
    project(tmp_path, POLICY_PROJECT, with_virtualenv("../.venv"))
    python_in(tmp_path / ".venv")
    found = status_of(doctor._check_virtualenvs(tmp_path))
    assert found["virtualenv of Pulumi.yaml"] is found[f"virtualenv of {POLICY_PROJECT}"] is Status.PASS


@pytest.mark.parametrize("made", [False, True], ids=["absent", "empty folder"])
def test_a_missing_virtualenv_fails_with_the_reason(tmp_path: Path, made: bool) -> None:
    project(tmp_path, "Pulumi.yaml", with_virtualenv(".venv"))
    if made:
        (tmp_path / ".venv").mkdir()
    (finding,) = [found for found in doctor._check_virtualenvs(tmp_path) if found.check == "virtualenv of Pulumi.yaml"]
    assert (finding.status, finding.detail) == (Status.FAIL, ".venv does not exist")
    assert "never responds" in finding.fix


@pytest.mark.parametrize("text", ["name: x\nruntime: python\n", "name: x\nruntime:\n  name: python\n", "", "name: x\n"])
def test_a_project_that_names_no_virtualenv_is_a_warning(tmp_path: Path, text: str) -> None:
    project(tmp_path, "Pulumi.yaml", text)
    assert status_of(doctor._check_virtualenvs(tmp_path))["virtualenv of Pulumi.yaml"] is Status.WARN


def test_files_that_are_not_here_are_skipped(tmp_path: Path) -> None:
    assert set(status_of(doctor._check_virtualenvs(tmp_path)).values()) == {Status.SKIPPED}


def test_a_project_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    project(tmp_path, "Pulumi.yaml", "a: [\n")
    found = {one.check: one.status for one in doctor._run_check(doctor._check_virtualenvs, tmp_path)}
    assert found.pop("virtualenv of Pulumi.yaml") is Status.FAIL
    assert set(found.values()) == {Status.SKIPPED}  # the files that are not there


# Any check.


def test_a_check_that_raises_has_failed_with_the_error_in_its_detail(tmp_path: Path) -> None:
    def _broken_thing(root: Path) -> Iterator[Finding]:
        yield Finding("half", Status.PASS, "seen")
        raise RuntimeError(f"cannot look at {root.name}")

    (finding,) = doctor._run_check(_broken_thing, tmp_path)
    assert (finding.check, finding.status) == ("broken thing", Status.FAIL)
    assert "cannot look at" in finding.detail


def test_a_tool_that_does_not_end_has_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hang(*_: Any, **__: Any) -> None:
        raise subprocess.TimeoutExpired("pulumi", 30)

    answering(monkeypatch)
    monkeypatch.setattr("containment.machine.doctor.subprocess.run", hang)
    assert [found.status for found in doctor._run_check(doctor._check_pulumi_cli, tmp_path)] == [Status.FAIL]
    assert [found.status for found in doctor._run_check(data_plane.check_namespaces, tmp_path)] == [Status.FAIL]


def test_every_finding_that_is_no_pass_has_a_fix_and_no_check_raises(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    findings = examine(tmp_path)
    assert len({finding.check for finding in findings}) == len(findings) >= 15
    assert all(finding.fix for finding in findings if finding.status is not Status.PASS)
    assert not [finding for finding in findings if finding.status is Status.FAIL and "check itself" in finding.detail]


def test_nothing_is_passed_where_there_is_nothing(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = status_of(examine(tmp_path))
    for check in ("pulumi CLI", "secrets passphrase", "AWS credentials", "network namespaces", "virtualenv of Pulumi.yaml"):
        assert found[check] is Status.SKIPPED


def test_examining_changes_nothing(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    examine(tmp_path)
    assert [*tmp_path.iterdir()] == []


# Single checks.


@pytest.mark.parametrize(("version", "status"), [((3, 10, 14), Status.FAIL), ((3, 11, 0), Status.PASS), ((3, 14, 1), Status.PASS)])
def test_python_is_3_11_or_newer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: tuple[int, ...], status: Status) -> None:
    monkeypatch.setattr("containment.machine.doctor.sys.version_info", version)
    assert status_of(doctor._check_python(tmp_path)) == {"python": status}


def test_a_missing_package_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = importlib.metadata.version

    def version(name: str) -> str:
        if name == "boto3":
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr("containment.machine.doctor.importlib.metadata.version", version)
    found = status_of(doctor._check_packages(tmp_path))
    assert found["package boto3"] is Status.FAIL
    assert found["package pydantic"] is Status.PASS


@pytest.mark.parametrize(
    ("origin", "status"),
    [("/x/site-packages/pulumi_aviatrix/__init__.py", Status.WARN), ("/x/sdks/aviatrix/__init__.py", Status.PASS), (None, Status.WARN)],
)
def test_another_aviatrix_sdk_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, origin: str | None, status: Status) -> None:
    class Spec:
        def __init__(self) -> None:
            self.origin = origin

    monkeypatch.setattr("importlib.util.find_spec", lambda _: Spec() if origin else None)
    assert status_of(doctor._check_packages(tmp_path))["aviatrix SDK"] is status


@pytest.mark.parametrize(
    ("stdout", "status"),
    [
        ("v3.272.0\n", Status.PASS),
        ("3.250.1", Status.PASS),
        ("v3.250.0-alpha.1", Status.PASS),
        ("v4.0.0", Status.PASS),
        ("v3.99.0", Status.WARN),
        ("", Status.WARN),
        ("dev", Status.WARN),
    ],
)
def test_the_pulumi_cli_is_new_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stdout: str, status: Status) -> None:
    answering(monkeypatch, stdout)
    assert status_of(doctor._check_pulumi_cli(tmp_path)) == {"pulumi CLI": status}


@pytest.mark.parametrize("value", ["true", "1", "yes"])
def test_a_setting_that_skips_the_preview_is_a_warning(bare: pytest.MonkeyPatch, tmp_path: Path, value: str) -> None:
    assert status_of(doctor._check_previews(tmp_path)) == {"policy pack and previews": Status.PASS}
    bare.setenv("PULUMI_SKIP_PREVIEW", value)
    (finding,) = doctor._check_previews(tmp_path)
    assert finding.status is Status.WARN
    assert "after resources are created" in finding.detail


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_a_setting_that_keeps_the_preview_is_none(bare: pytest.MonkeyPatch, tmp_path: Path, value: str) -> None:
    bare.setenv("PULUMI_SKIP_PREVIEW", value)
    assert status_of(doctor._check_previews(tmp_path)) == {"policy pack and previews": Status.PASS}


@pytest.mark.parametrize(
    ("name", "check", "value"),
    [
        ("PULUMI_CONFIG_PASSPHRASE", "secrets passphrase", "very secret"),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", "secrets passphrase", "/very/secret"),
        ("AWS_PROFILE", "AWS credentials", "very secret"),
        ("AWS_ACCESS_KEY_ID", "AWS credentials", "very secret"),
    ],
)
def test_a_credential_is_seen_by_its_name_and_never_shown(
    bare: pytest.MonkeyPatch, tmp_path: Path, name: str, check: str, value: str
) -> None:
    bare.setenv(name, value)
    (finding,) = [found for found in examine(tmp_path) if found.check == check]
    assert finding.status is Status.PASS
    assert name in finding.detail
    assert value not in finding.detail


def test_an_empty_variable_is_no_credential(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setenv("AWS_PROFILE", "")
    bare.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    found = status_of(examine(tmp_path))
    assert found["AWS credentials"] is found["secrets passphrase"] is Status.SKIPPED


def test_the_shared_credentials_file_counts(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "nobody" / ".aws").mkdir(parents=True)
    (tmp_path / "nobody" / ".aws" / "credentials").write_text("[default]\n")
    assert status_of(doctor._check_aws_credentials(tmp_path)) == {"AWS credentials": Status.PASS}


def test_presets_pass_with_the_stacks_of_the_folder_and_fail_when_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.one.yaml").write_text("")
    (finding,) = doctor._check_library(tmp_path)
    assert finding.status is Status.PASS
    assert finding.detail.endswith("stacks here: one")
    (tmp_path / "presets").mkdir()
    monkeypatch.setattr("containment.loaders.presets.find_presets_folder", lambda: tmp_path / "presets")
    (finding,) = doctor._check_library(tmp_path)
    assert finding.status is Status.FAIL
    assert "harnesses.yaml" in finding.detail
