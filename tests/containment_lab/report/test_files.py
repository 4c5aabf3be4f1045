"""A report's files are whole or absent, replace only reports, and a path that cannot be written is refused before work begins."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from containment.cli.app import build
from containment.exit_code import Exit
from containment_lab.report import files
from containment_lab.report.files import OutputError, list_report_files, require_writable, write_report
from tests.containment_lab.report.recorded import REPOSITORY, recorded

REPORT = recorded(failing=False)


def test_a_report_is_written_and_replaced_by_the_next_one(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for report in (REPORT, recorded(stack="another")):
        require_writable(page)
        assert write_report(report, page) == list_report_files(page)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["page.csv", "page.html", "page.json", "page.md"]
        assert all(each.stat().st_size for each in tmp_path.iterdir())
    assert all("another" in page.with_suffix(ending).read_text() for ending in (".html", ".md", ".json"))


@pytest.mark.parametrize("ending", [".html", ".md", ".json", ".csv"])
def test_a_file_that_is_no_report_is_never_replaced(tmp_path: Path, ending: str) -> None:
    other = tmp_path / f"notes{ending}"
    other.write_text("<title>My own notes</title>\n# Containment\n")
    with pytest.raises(OutputError, match=rf"notes{ending} exists and is not a report"):
        require_writable(tmp_path / "notes.html")
    other.write_text("")
    require_writable(tmp_path / "notes.html")


def test_every_file_in_the_way_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "notes.csv").mkdir()
    with pytest.raises(OutputError) as raised:
        require_writable(tmp_path / "notes.html")
    assert "notes.md exists and is not a report" in str(raised.value)
    assert "notes.csv exists and is no file" in str(raised.value)
    assert "move them away" in raised.value.fix


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", r"is a folder\n.*\n    fix: name a file in it"),
        ("report.md", r"does not end in .html\n.*\n    fix: use --out .*report.html"),
        ("report", r"does not end in .html\n.*\n    fix: use --out .*report.html"),
        ("missing/report.html", r"does not exist\n.*\n    fix: make it: mkdir -p"),
        ("file/report.html", "is a file, not a folder"),
        ("loop.html", "Too many levels|is no file"),
        ("n" * 300 + ".html", "File name too long"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_with_the_fix(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop.html").symlink_to(tmp_path / "loop.html")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError, match=reason) as raised:
        require_writable(tmp_path / name)
    assert "\n" not in raised.value.what
    assert sorted(tmp_path.iterdir()) == before


def test_a_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(tmp_path))

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
    with pytest.raises(OutputError, match=r"Read-only file system\n.*\n    fix: name another page"):
        require_writable(tmp_path / "page.html")


def test_a_write_that_fails_leaves_the_old_report_and_no_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.html"
    write_report(REPORT, page)
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}
    calls: list[int] = []

    def fill(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", fill)
    with pytest.raises(OutputError, match="No space left"):
        write_report(recorded(stack="another"), page)
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize("words", [[], ["--skip-if-impossible"]], ids=["plain", "skip"])
def test_the_command_refuses_the_path_before_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("CONTAINMENT_LAB_HOME", str(home))
    monkeypatch.setattr("containment.cli.lab.report.list_missing", lambda: ["no namespaces"])
    monkeypatch.chdir(REPOSITORY)
    (tmp_path / "notes.md").write_text("mine")
    done = CliRunner().invoke(build(), ["lab", "report", "--out", str(tmp_path / "notes.html"), *words])
    assert done.exit_code == Exit.USAGE
    assert done.stderr == (
        f"error: {tmp_path / 'notes.md'} exists and is not a report of this command\n"
        "    why: a file that is no report is not replaced\n"
        "    fix: name another page with --out, or move it away\n"
    )
    assert not home.exists()
