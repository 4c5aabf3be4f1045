"""The programs of a pattern are those that exist, each with its symbolic links resolved as the kernel resolves them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from containment.launcher.programs import find_programs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a linked folder with a program, links of every kind, and files that are none."""
    real = tmp_path / "real" / "bin"
    real.mkdir(parents=True)
    for name in ("tool", "two"):
        (real / name).write_text("")
        (real / name).chmod(0o755)
    (real / "data").write_text("")
    (real / "folder").mkdir()
    (tmp_path / "linked").symlink_to("real/bin")
    for name, target in {
        "same": "tool",
        "up": "../bin/tool",
        "far": str(real / "two"),
        "chain": "up",
        "lost": "none",
        "loop": "loop",
    }.items():
        (real / name).symlink_to(target)
    return tmp_path / "linked"


def test_links_are_resolved_to_what_the_kernel_starts(folder: Path) -> None:
    found = find_programs([f"{folder}/*", f"{folder}/missing"])
    assert {Path(path).name for path in found} == {"tool", "two", "same", "up", "far", "chain"}
    assert found == {path: os.path.realpath(path) for path in found}


def test_a_pattern_matches_within_its_folder(folder: Path) -> None:
    assert {Path(path).name for path in find_programs([f"{folder}/t*o"])} == {"two"}


def test_each_target_is_examined_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[str] = []
    monkeypatch.setattr("containment.launcher.programs._is_program", lambda real: examined.append(real) is None)
    find_programs([f"{folder}/tool", f"{folder}/same", f"{folder}/up", f"{folder}/t*"])
    assert sorted(examined) == sorted(os.path.realpath(folder / name) for name in ("tool", "two"))
