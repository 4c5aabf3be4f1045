"""A granted folder is one that can be lost; a temporary one leaves nothing, whatever the command made of it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from containment.confinement.errors import ConfinementError
from containment.confinement.filesystem.folders import create_temporary_folder, resolve_granted_folder
from containment.confinement.identity import Identity

HOME = pwd.getpwuid(os.geteuid()).pw_dir
SELF = Identity(os.geteuid(), os.getegid(), changed=False)


def test_a_folder_of_its_own_is_granted(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    assert resolve_granted_folder(tmp_path / "link", [tmp_path / "lab"]) == folder


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/etc/ssl", "/usr/share", "/proc", "/dev/shm", "/home", "/tmp", "/var", pwd.getpwuid(os.geteuid()).pw_dir]
)
def test_a_folder_of_the_system_is_refused(path: str) -> None:
    with pytest.raises(ConfinementError, match=rf"^--folder {path}: .*; grant a separate folder, e\.g\. /"):
        resolve_granted_folder(Path(path), [])


@pytest.mark.parametrize("granted", [".", "lab", "lab/world", "link"])
def test_the_labs_own_files_are_never_granted(tmp_path: Path, granted: str) -> None:
    (tmp_path / "lab" / "world").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "lab" / "world")
    with pytest.raises(ConfinementError, match="the lab's files are in"):
        resolve_granted_folder(tmp_path / granted, [tmp_path / "lab"])


def test_a_folder_that_is_not_there_is_refused_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfinementError, match=f"there is no such folder; create it first: mkdir -p {tmp_path}/none"):
        resolve_granted_folder(tmp_path / "none", [])


def test_a_temporary_folder_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch()
    with create_temporary_folder(tmp_path / "runs", SELF) as folder:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(1500):  # deeper than a path may be long
            os.mkdir("deep", dir_fd=here)
            below = os.open("deep", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        (folder / "link").symlink_to(outside)
        (folder / "shut").mkdir()
        (folder / "shut" / "file").touch()
        (folder / "shut").chmod(0)
    assert list((tmp_path / "runs").iterdir()) == []
    assert (outside / "file").exists(), "links are not followed"
