"""Files written whole: a failure at any step leaves the old content and no temporary file; permissions and symbolic links stay."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from containment.files.whole_files import write_once, write_whole


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_failure_at_any_step_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path if step == "replace" else os, step, refuse)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(path, "new")
    assert step == "replace" or caught.value.filename == str(path), "a message can name the file"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


def test_a_new_file_gets_its_folder_and_an_old_one_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "file"
    write_whole(path, "é")
    assert path.read_bytes() == "é".encode()
    path.chmod(0o640)
    write_whole(path, b"\xff")
    assert path.read_bytes() == b"\xff"
    assert path.stat().st_mode & 0o777 == 0o640
    write_whole(path, "secret", 0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_read_only_file_is_replaced_with_the_given_permissions(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "one", 0o444)
    write_whole(path, "two", 0o444)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o444)


def test_the_target_of_a_symbolic_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "elsewhere" / "target", tmp_path / "link"
    target.parent.mkdir()
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_the_first_writer_wins_and_the_second_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_once(path, "first")
    assert not write_once(path, "second")
    assert path.read_text() == "first"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_link_to_itself_is_an_error_of_the_file_system_and_stays(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links") as caught:
        write_whole(link, "new")
    assert (caught.value.errno, caught.value.filename) == (errno.ELOOP, str(link))
    assert link.is_symlink()
