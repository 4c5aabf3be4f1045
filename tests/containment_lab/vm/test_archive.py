"""The archive of a task's files: read by cpio as it was written, and the same bytes for the same content."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from containment_lab.vm.archive import Member, build_archive
from containment_lab.vm.guest import INIT, Task, build_members

MEMBERS = (
    Member.make_file("task/input/a/b.txt", b"content\n", 0o640),
    Member.make_file("init", b"#!/bin/sh\n", 0o755),
    Member.make_link("bin/sh", "busybox"),
    Member.make_file("empty", b""),
)


def read_archive(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Return mode and content of each member, by the kernel's description of the format."""
    found, place = {}, 0
    while True:
        assert data[place : place + 6] == b"070701"
        fields = [int(data[place + 6 + 8 * number : place + 14 + 8 * number], 16) for number in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = data[place + 110 : place + 110 + length - 1].decode()
        start = (place + 110 + length + 3) & ~3
        if name == "TRAILER!!!":
            return found
        found[name] = mode, data[start : start + size]
        place = (start + size + 3) & ~3


def test_every_member_is_read_back_after_its_folders() -> None:
    found = read_archive(build_archive(MEMBERS))
    assert [*found] == ["bin", "bin/sh", "empty", "init", "task", "task/input", "task/input/a", "task/input/a/b.txt"]
    assert found["task/input/a/b.txt"] == (0o100640, b"content\n")
    assert found["bin/sh"] == (0o120777, b"busybox")
    assert found["task/input"] == (0o40755, b"")


def test_the_order_of_the_members_changes_no_byte() -> None:
    assert build_archive(MEMBERS) == build_archive(reversed(MEMBERS))


def test_an_archive_ends_where_another_one_may_begin() -> None:
    assert len(build_archive(MEMBERS)) % 512 == 0


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_cpio_reads_it() -> None:
    done = subprocess.run(["cpio", "-t", "--quiet"], input=build_archive(MEMBERS), capture_output=True, check=True)
    assert b"task/input/a/b.txt" in done.stdout


def test_the_first_program_is_a_shell_script_without_an_error(tmp_path: Path) -> None:
    (tmp_path / "init").write_text(INIT)
    assert subprocess.run(["sh", "-n", tmp_path / "init"], capture_output=True, text=True).stderr == ""


@pytest.mark.parametrize("word", ["$(id)", "a b", "'; poweroff; '", "line\nline", "*"])
def test_a_word_of_the_command_arrives_as_it_was_given(tmp_path: Path, word: str) -> None:
    task = Task(command=("printf", "%s", word), limit=5, grace=1)
    script = next(one.content for one in build_members(task, b"") if one.path == "task/command")
    (tmp_path / "command").write_bytes(script)
    assert subprocess.run(["sh", tmp_path / "command"], capture_output=True, text=True).stdout == word
