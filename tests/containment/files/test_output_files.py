"""Files that a command writes: what the file system refuses is one error with the file and a fix of its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.files import output_files


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.ENOSPC, "make room there"),
        (errno.EROFS, "choose a folder that is not read-only"),
        (errno.EACCES, "let your user write there"),
        (errno.EIO, "choose a file in a folder that your user may write to"),
    ],
)
def test_a_refused_write_names_the_file_and_a_fix_for_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fix: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(InputError) as caught:
        output_files.write_whole(tmp_path / "answer", "text")
    (problem,) = caught.value.problems
    assert problem.where == str(tmp_path / "answer")
    assert problem.what == f"cannot be written: {os.strerror(number).lower()}"
    assert problem.fix.startswith(fix)
    assert [*tmp_path.iterdir()] == []


def test_a_folder_and_a_file_in_the_way_are_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    for name, says in (("folder", "move the folder away"), ("file/below", "move the file away")):
        with pytest.raises(InputError, match=says) as caught:
            output_files.write_whole(tmp_path / name, "text")
        assert "Errno" not in str(caught.value)
        assert "CONTAINMENT_LAB_HOME" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "old"
