"""The output of a task is data of the task's: nothing in it is written outside of its folder, and no right comes with it."""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
from pathlib import Path

import pytest

from containment_lab.vm import machine
from containment_lab.vm.errors import VmError
from containment_lab.vm.guest import Task


def make_output(*members: tuple[str, bytes, bytes, int]) -> int:
    """Return a descriptor of an archive of (name, type, content or target, mode), followed by zeros as on a disk."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:") as archive:
        for name, kind, content, mode in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, mode
            if kind == tarfile.REGTYPE:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content.decode()
                archive.addfile(info)
    descriptor = os.memfd_create("output")
    os.write(descriptor, data.getvalue() + b"\0" * 4096)
    return descriptor


def test_files_in_folders_are_saved(tmp_path: Path) -> None:
    output = make_output(
        ("./", tarfile.DIRTYPE, b"", 0o755), ("./a", tarfile.DIRTYPE, b"", 0o755), ("./a/b", tarfile.REGTYPE, b"text", 0o644)
    )
    assert machine._save_output(output, tmp_path / "out") == ("a/b",)
    assert (tmp_path / "out/a/b").read_bytes() == b"text"


@pytest.mark.parametrize("name", ["../outside", "/../../outside", "a/../../outside"])
def test_a_path_out_of_the_folder_is_not_written(tmp_path: Path, name: str) -> None:
    output = make_output((name, tarfile.REGTYPE, b"text", 0o644))
    with contextlib.suppress(VmError):
        machine._save_output(output, tmp_path / "in/out")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and (tmp_path / "in/out") not in path.parents] == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_only_files_and_folders_are_saved(tmp_path: Path, kind: bytes) -> None:
    output = make_output(("odd", kind, b"/etc/passwd", 0o644), ("good", tarfile.REGTYPE, b"text", 0o644))
    assert machine._save_output(output, tmp_path / "out") == ("good",)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good"]


def test_no_saved_file_has_a_special_right(tmp_path: Path) -> None:
    machine._save_output(make_output(("tool", tarfile.REGTYPE, b"text", 0o6777)), tmp_path / "out")
    assert (tmp_path / "out/tool").stat().st_mode & 0o7022 == 0


def test_a_broken_archive_is_an_error(tmp_path: Path) -> None:
    descriptor = os.memfd_create("output")
    os.write(descriptor, b"no archive" * 200)
    with pytest.raises(VmError, match="cannot be saved"):
        machine._save_output(descriptor, tmp_path / "out")


def test_a_folder_with_files_is_no_place_for_output(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    with pytest.raises(VmError, match="not an empty folder"):
        machine._require_empty(tmp_path)


def test_without_qemu_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_program", lambda name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(VmError, match="install the package qemu-system-x86"):
        machine.run_task(Task(command=("true",), limit=1, grace=1), namespace=None)


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        (b"containment-vm: failed: no disk\n", "no disk"),
        (b"Kernel panic - not syncing\n", "Kernel panic"),
        (b"", "wrote nothing"),
    ],
)
def test_a_machine_that_ends_before_the_task_is_an_error(messages: bytes, said: str) -> None:
    run = machine._Run(Task(command=("true",), limit=1, grace=1), lambda data: None)
    run._note(messages)
    with pytest.raises(VmError, match=said):
        run._conclude("", 0.0, was_killed=False)


@pytest.mark.parametrize(
    ("line", "was_killed", "code", "saved"),
    [
        ("containment-vm: result code=3 expired=0 saved=1\n", False, 3, True),
        ("containment-vm: result code=143 expired=1 saved=1\n", False, machine.EXPIRED, True),
        ("", True, machine.EXPIRED, False),
        ("", False, 1, False),
    ],
)
def test_the_end_of_a_task(line: str, *, was_killed: bool, code: int, saved: bool) -> None:
    run = machine._Run(Task(command=("true",), limit=1, grace=1), lambda data: None)
    run._note(b"containment-vm: task started\n")
    run._note(line.encode())
    result = run._conclude("", 0.0, was_killed=was_killed)
    assert (result.code, result.saved) == (code, saved)
