"""Files written whole: a failure at any step leaves the old content and no temporary file; permissions and symbolic links stay."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from containment.errors import InputError
from containment.files import output_files
from containment.files.whole_files import write_once, write_whole
from containment.record import files as record_files
from containment.record.files import RecordError
from containment_lab import storage
from containment_lab.errors import HomeError


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (output_files.write_whole, InputError),
        (output_files.write_once, InputError),
        (record_files.write_whole, RecordError),
        (storage.write_whole, HomeError),
        (storage.write_once, HomeError),
    ],
)
def test_each_writer_raises_its_own_error_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, str], object], error: type[Exception]
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(error) as caught:
        write(tmp_path / "file", "new")
    assert type(caught.value) is error
    assert str(tmp_path / "file") in str(caught.value)
    assert [*tmp_path.iterdir()] == []


def test_files_of_a_lab_are_readable_by_all_and_secrets_by_the_owner(tmp_path: Path) -> None:
    storage.write_whole(tmp_path / "file", "text")
    storage.write_whole(tmp_path / "secret", "text", 0o600)
    assert [path.stat().st_mode & 0o777 for path in sorted(tmp_path.iterdir())] == [0o644, 0o600]


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
