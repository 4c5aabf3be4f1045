"""Programs are found where a plain user's PATH does not lead, by what looks for them and by what runs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from containment import programs
from containment.machine import data_plane
from containment.preflight.finding import Status
from containment_lab.home import LabHome
from containment_lab.linux import netns, tools
from containment_lab.network.control import LabNetwork


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in a standard folder of its own, and leave PATH with an empty folder."""
    (tmp_path / "path").mkdir()
    (tmp_path / "sbin").mkdir()
    program = tmp_path / "sbin" / "only-here"
    program.write_text("#!/bin/sh\necho found\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(programs, "STANDARD_FOLDERS", (*programs.STANDARD_FOLDERS, str(program.parent)))
    return program


def test_what_is_found_is_what_a_child_runs(elsewhere: Path) -> None:
    assert programs.find_program("only-here") == str(elsewhere)
    assert programs.find_program("nowhere-at-all") is None
    env = {**os.environ, "PATH": programs.build_search_path()}
    assert subprocess.run(["only-here"], env=env, capture_output=True, text=True, check=True).stdout == "found\n"
    assert netns._run(["only-here"]).stdout == "found\n"


def test_path_comes_first(elsewhere: Path, tmp_path: Path) -> None:
    own = tmp_path / "path" / elsewhere.name
    own.symlink_to(elsewhere)
    assert programs.find_program("only-here") == str(own)
    assert programs.build_search_path().split(os.pathsep).count(str(own.parent)) == 1


def test_an_empty_path_is_no_other_machine() -> None:
    """The doctor and the lab judge the same whatever PATH is."""
    checks = [*data_plane.check_namespaces(Path()), *data_plane.check_programs(Path())]
    assert not [each for each in checks if each.status is Status.FAIL]
    assert bool(tools.list_missing()) == any(each.status is not Status.PASS for each in checks)


def test_the_way_into_a_world_names_its_programs_whole(tmp_path: Path) -> None:
    world = LabNetwork(LabHome(tmp_path), "dev")
    world.folder.mkdir(parents=True)
    (world.folder / "world.json").write_text('{"pid": 1, "prefix": "x"}')
    command = world.build_privileged_command(["true"])
    assert [each for each in command if each in ("nsenter", "unshare")] == []
    assert Path(command[0]).is_absolute()
