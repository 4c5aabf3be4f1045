"""Groups of version 2, of version 1, or none: with the limits of all processes together, and removed at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from containment.confinement.profile import Limits
from containment.launcher.limits import control_groups
from containment.launcher.limits.control_groups import create_groups, read_namespace, read_own_groups

LIMITS = Limits(processes=40, data=1000, temporary=200, shared_memory=30)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder's removal removes the files that a kernel would remove with a group."""
    real = Path.rmdir

    def remove(folder: Path) -> None:
        for each in folder.iterdir():
            each.unlink()
        real(folder)

    monkeypatch.setattr(control_groups.Path, "rmdir", remove)


def own(folder: Path, *lines: str) -> Path:
    path = folder / "own"
    path.write_text("\n".join(lines))
    return path


def make_unified(root: Path, group: str, controllers: str, passed_on: str) -> Path:
    parent = root / group.lstrip("/")
    parent.mkdir(parents=True, exist_ok=True)
    (root / "cgroup.controllers").write_text("cpu memory pids")
    (parent / "cgroup.controllers").write_text(controllers)
    (parent / "cgroup.subtree_control").write_text(passed_on)
    return parent


@pytest.mark.usefixtures("kernel")
def test_version_2_limits_memory_swap_and_processes(tmp_path: Path) -> None:
    parent = make_unified(tmp_path / "fs", "/agent.service", "memory pids", "")
    with create_groups(LIMITS, tmp_path / "fs", own(tmp_path, "0::/agent.service")) as groups:
        (file,) = groups.files
        group = file.parent
        assert group.parent == parent
        assert {name: (group / name).read_text() for name in ("memory.max", "memory.swap.max", "pids.max")} == {
            "memory.max": "1230",
            "memory.swap.max": "0",
            "pids.max": "40",
        }
        assert (parent / "launcher" / "cgroup.procs").read_text().isdigit(), "a group with processes passes no controller on"
        assert "version 2" in groups.description
    assert not group.exists()


@pytest.mark.usefixtures("kernel")
def test_a_group_that_is_shared_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = make_unified(tmp_path / "fs", "/session", "memory pids", "")
    write = Path.write_text

    def refuse(file: Path, text: str) -> int:
        if file.name == "cgroup.subtree_control":
            raise OSError("another process is in the group")
        return write(file, text)

    monkeypatch.setattr(control_groups.Path, "write_text", refuse)
    with create_groups(LIMITS, tmp_path / "fs", own(tmp_path, "0::/session")) as groups:
        assert groups.files == ()
    assert (parent / "cgroup.procs").read_text().isdigit(), "this process is back"
    assert not (parent / "launcher").exists()


@pytest.mark.usefixtures("kernel")
def test_version_1_is_used_where_version_2_lacks_a_controller(tmp_path: Path) -> None:
    root = tmp_path / "fs"
    make_unified(root, "/", "hugetlb", "")
    for name in ("memory", "pids"):
        (root / name / "mine" / f"containment-{read_namespace()}-{2**22 + 1}-7").mkdir(parents=True)
    with create_groups(LIMITS, root, own(tmp_path, "4:memory:/mine", "8:pids:/mine", "0::/")) as groups:
        memory, processes = (file.parent for file in groups.files)
        assert (memory / "memory.limit_in_bytes").read_text() == "1230"
        assert (processes / "pids.max").read_text() == "40"
        assert "version 1" in groups.description
        assert [each.name for each in (root / "pids" / "mine").glob("containment-*")] == [processes.name], (
            "one of a killed launcher is gone"
        )
    assert not memory.exists()
    assert not processes.exists()


@pytest.mark.usefixtures("kernel")
def test_a_group_without_all_its_limits_is_none(tmp_path: Path) -> None:
    (tmp_path / "fs" / "memory").mkdir(parents=True)
    with create_groups(LIMITS, tmp_path / "fs", own(tmp_path, "4:memory:/", "8:pids:/")) as groups:
        assert groups.files == ()
        assert "rlimits" in groups.description
    assert list((tmp_path / "fs" / "memory").iterdir()) == []


def test_groups_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    assert read_own_groups(tmp_path / "missing") == {}
    with create_groups(LIMITS, tmp_path, tmp_path / "missing") as groups:
        assert groups.files == ()
