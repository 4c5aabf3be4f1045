"""Tables fit the terminal and name what they leave out; in a pipe they are whole."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from containment.cli import common
from containment.cli.app import app
from containment.queries.renderers import table
from containment.queries.renderers.table import format_columns
from containment.queries.results import Answer, Section

from .conftest import Run

ROOT = Path(__file__).parents[3]
STACKS = ("coding-monitor", "research-enforce")
QUESTIONS = (
    ("plan",),
    ("plan", "--destinations"),
    ("host",),
    ("reach",),
    ("reach", "--names"),
    ("explain", "--to", "updates.example.com"),
    ("prove",),
    ("risk",),
)
WIDTHS = (80, 60)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Answer, str]]:
    """Return the answer of every command that prints tables, for several stacks, with its text in a pipe."""
    found: list[Answer] = []
    whole = table.render

    def recorded(answer: Answer, width: int | None = None, *, color: bool = False) -> str:
        found.append(answer)
        return whole(answer, width, color=color)

    asked = [[*words, "-s", stack] for words in QUESTIONS for stack in STACKS]
    asked += [["diff", "locked-down-enforce", "coding-enforce"], ["lab", "status"]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "render", recorded)
        patch.setenv("CONTAINMENT_LAB_HOME", str(tmp_path_factory.mktemp("home")))
        patch.chdir(ROOT)
        texts = [CliRunner().invoke(app, words).stdout.removesuffix("\n") for words in asked]
    assert len(found) == len(asked)
    return list(zip(found, texts, strict=True))


def test_no_line_is_wider_than_the_terminal_and_no_cell_is_lost(answers: list[tuple[Answer, str]]) -> None:
    for answer, _ in answers:
        for width in WIDTHS:
            text = table.render(answer, width)
            assert max(map(cell_len, text.splitlines())) <= width, (answer.verb, width)
            assert squeezed(answer.headline) in squeezed(text)
            for section in answer.sections:
                assert_whole(section, width)
            for case in () if answer.sections_tell else answer.cases:
                assert squeezed(case.id + case.title) in squeezed(text.replace(f"[{case.where}]:", "")) or case.id in text


def test_a_pipe_has_every_cell_whole_in_one_line_each_and_no_colors(answers: list[tuple[Answer, str]]) -> None:
    for answer, text in answers:
        assert "\x1b" not in text
        lines = text.splitlines()
        for section in answer.sections:
            for row in section.rows:
                for cell in row:
                    for part in cell.splitlines():
                        assert any(part in line for line in lines), (answer.verb, part)
        assert "not shown at" not in text


def assert_whole(section: Section, width: int) -> None:
    """Compare a printed table with its cells: each column is there whole, or the note names it."""
    lines = format_columns(section, width)
    at = next((number for number, line in enumerate(lines) if line.startswith("  not shown at")), len(lines))
    note = squeezed("".join(lines[at:]).partition(":")[2].partition("(use")[0])
    dropped = [name for name in section.columns if name and name in " ".join(lines[at:]).partition(":")[2].partition("(use")[0]]
    assert note == squeezed(",".join(dropped))
    shown = [name for name in section.columns if name not in dropped]
    starts, place = [], 0
    for name in shown:
        place = lines[0].index(name, place)
        starts.append(place)
        place += max(len(name), 1)
    for number, name in enumerate(shown):
        stop = starts[number + 1] if number + 1 < len(starts) else None
        printed = squeezed("".join(line[starts[number] : stop] for line in lines[1:at]))
        assert printed == squeezed("".join(row[section.columns.index(name)] for row in section.rows)), (section.title, name, width)


def squeezed(text: str) -> str:
    """Return text without white space, which is all that wrapping changes."""
    return re.sub(r"\s", "", text)


def test_a_table_keeps_its_first_column_and_drops_in_the_stated_order() -> None:
    wide = Section("t", ("key", "b", "c", "d"), (("first-name", "b" * 18, "c" * 18, "d" * 18),), drop_first=("c",))
    assert format_columns(wide, 80)[0].split() == ["key", "b", "c", "d"]
    lines = format_columns(wide, 60)
    assert lines[0].split() == ["key", "b", "d"]
    assert "  not shown at 60 columns: c (" in "\n".join(lines)
    narrow = format_columns(wide, 40)
    assert narrow[0].split() == ["key", "b"]
    assert "c, d" in " ".join(narrow)


def test_only_what_fits_in_no_line_is_broken_inside_a_word() -> None:
    path = "presets/catalog/a-rather-long-file-name.yaml"
    section = Section("t", ("key", "value"), ((path, "10.42.20.0/24 and more"), ("x" * 90, "")))
    lines = format_columns(section, 60)
    assert max(map(len, lines)) <= 60
    assert any("10.42.20.0/24" in line for line in lines)
    assert squeezed(path) in squeezed("".join(line[:40] for line in lines))


def test_findings_fit_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for width in WIDTHS:
        with monkeypatch.context() as patch:
            patch.setattr(common, "get_terminal_width", lambda width=width: width)
            shown = run("doctor").stdout
        assert max(map(cell_len, shown.splitlines())) <= width
        assert squeezed(run("doctor").stdout) == squeezed(shown)


@pytest.mark.parametrize(("wide", "more", "is_colored"), [(80, {}, True), (60, {"NO_COLOR": "1"}, False)])
def test_a_real_terminal_is_measured_and_colored_unless_no_color_is_set(wide: int, more: dict[str, str], is_colored: bool) -> None:
    text = on_terminal(wide, more)
    assert ("\x1b[1m" in text) is ("\x1b" in text) is is_colored
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert max(map(len, plain.splitlines())) <= wide
    assert f"not shown at {wide} columns" in plain


def on_terminal(width: int, more: dict[str, str]) -> str:
    """Return what `containment plan` prints on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    command = [sys.executable, "-m", "containment", "plan"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env={**environment, "TERM": "xterm", **more})
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
    except OSError:
        pass  # the terminal's other side is closed: the command has ended
    os.close(ours)
    assert process.wait(timeout=60) == 0
    return seen.decode().replace("\r\n", "\n")
