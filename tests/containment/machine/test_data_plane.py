"""What the lab's data plane needs is tried: what is missing is named with its package, what cannot work says why."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from containment.confinement import requirements
from containment.machine import data_plane
from containment.preflight.finding import Status

Answers = Callable[..., None]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Let every program be there and answer one thing."""

    def answer(stdout: str = "", stderr: str = "", code: int = 0) -> None:
        monkeypatch.setattr("containment.programs.shutil.which", lambda name, **_: f"/usr/bin/{name}")
        done = subprocess.CompletedProcess([], code, stdout, stderr)
        monkeypatch.setattr("containment.machine.data_plane.subprocess.run", lambda *_, **__: done)

    return answer


def test_namespaces_that_can_be_made_pass(answering: Answers, tmp_path: Path) -> None:
    answering()
    assert [each.status for each in data_plane.check_namespaces(tmp_path)] == [Status.PASS]


@pytest.mark.parametrize(
    ("user", "switches", "fix"),
    [
        (0, {}, "container"),
        (1000, {}, "run as root"),
        (1000, {"unprivileged_userns_clone": "0"}, "unprivileged_userns_clone=1"),
        (1000, {"apparmor_restrict_unprivileged_userns": "1"}, "apparmor_restrict_unprivileged_userns=0"),
        (1000, {"max_user_namespaces": "0"}, "max_user_namespaces"),
        (0, {"max_user_namespaces": "0"}, "container"),
    ],
)
def test_namespaces_that_cannot_be_made_are_reported_with_the_fix(
    answering: Answers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int, switches: dict[str, str], fix: str
) -> None:
    answering(stderr="unshare: unshare failed: Operation not permitted", code=1)
    monkeypatch.setattr("containment.machine.data_plane.os.geteuid", lambda: user)
    monkeypatch.setattr(requirements, "_read_value", lambda file: switches.get(Path(file).name, ""))
    (finding,) = data_plane.check_namespaces(tmp_path)
    assert finding.status is Status.WARN
    assert "Operation not permitted" in finding.detail
    assert fix in finding.fix
    assert "SKIPPED" in finding.fix


def test_without_unshare_nothing_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("containment.programs.shutil.which", lambda *_, **__: None)
    assert [each.status for each in data_plane.check_namespaces(tmp_path)] == [Status.SKIPPED]


def test_missing_programs_are_named_with_the_packages_that_have_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name, **_: None if name in ("dnsdist", "nft") else f"/usr/bin/{name}")
    programs, filtered = data_plane.check_programs(tmp_path)
    assert programs.status is Status.WARN
    assert programs.detail == "not installed: nft, dnsdist"
    assert "apt-get install dnsdist nftables" in programs.fix
    assert filtered.status is Status.SKIPPED


@pytest.mark.parametrize(("code", "status"), [(0, Status.PASS), (1, Status.WARN)])
def test_the_filter_is_tried_in_a_namespace(answering: Answers, tmp_path: Path, code: int, status: Status) -> None:
    answering(stderr="Could not process rule: Operation not supported", code=code)
    programs, filtered = data_plane.check_programs(tmp_path)
    assert (programs.status, filtered.status) == (Status.PASS, status)


@pytest.mark.parametrize(
    ("machine", "installed", "code", "status"),
    [
        (("Linux", "x86_64"), True, 0, Status.PASS),
        (("Linux", "x86_64"), True, 1, Status.WARN),
        (("Linux", "x86_64"), False, 0, Status.WARN),
        (("Linux", "aarch64"), True, 0, Status.SKIPPED),
        (("Darwin", "arm64"), True, 0, Status.SKIPPED),
    ],
)
def test_envoy_is_started_not_just_found(
    answering: Answers,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    machine: tuple[str, str],
    installed: bool,
    code: int,
    status: Status,
) -> None:
    answering(stdout="envoy  version: 1.2.3", code=code)
    monkeypatch.setattr("containment.machine.data_plane.platform.system", lambda: machine[0])
    monkeypatch.setattr("containment.machine.data_plane.platform.machine", lambda: machine[1])
    monkeypatch.setattr("containment.machine.data_plane.importlib.util.find_spec", lambda _: object() if installed else None)
    monkeypatch.setattr("containment_lab.linux.tools.find_envoy", lambda: "/x/envoy")
    (finding,) = data_plane.check_envoy(tmp_path)
    assert finding.status is status
    assert finding.fix or status is Status.PASS


def test_a_lab_home_that_cannot_be_used_is_reported_before_the_lab_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path / "new"))
    assert [(each.status, each.detail) for each in data_plane.check_lab_home(tmp_path)] == [(Status.PASS, str(tmp_path / "new"))]
    (tmp_path / "new").write_text("")
    (finding,) = data_plane.check_lab_home(tmp_path)
    assert finding.status is Status.WARN
    assert finding.detail.endswith("is a file, not a folder")
    assert "CONTAINMENT_LAB_HOME" in finding.fix
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
