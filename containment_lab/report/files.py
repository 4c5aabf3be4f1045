"""The files of a report: checked before the run begins, and all of them written whole or none.

The page's name determines the others: `report.html`, `report.md`, `report.json` and `report.csv`. An existing file is replaced only if
it is empty or a report.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from containment_lab.errors import Exit, LabError
from containment_lab.report.document import SCHEMA, render_json
from containment_lab.report.facts import Report
from containment_lab.report.page import render_page
from containment_lab.report.text import TITLE, render_csv, render_markdown

_RENDERERS: Final[Mapping[str, Callable[[Report], str]]] = {
    ".html": render_page,
    ".md": render_markdown,
    ".json": render_json,
    ".csv": render_csv,
}
_MARKS: Final[Mapping[str, str]] = {
    ".html": "<title>Containment of ",
    ".md": TITLE,
    ".json": f'"schema": "{SCHEMA}"',
    ".csv": "table,part,",
}
"""File suffix → a text near the beginning of such a report, by which it is recognized."""
_BEGINNING: Final = 4096
_WHY: Final = "the result of the tests would be lost"


class OutputError(LabError):
    """A report cannot be written to its path."""

    where = "--out"


def list_report_files(page: Path) -> tuple[Path, ...]:
    """Return the files of a report, the page first."""
    return tuple(page.with_suffix(ending) for ending in _RENDERERS)


def require_writable(page: Path) -> None:
    """Raise OutputError if a report cannot be written to a path; leave no file there.

    Args:
        page: The path of the page; it must end in .html.
    """
    with _output_errors(page, Exit.USAGE):
        if page.is_dir():
            fix = f"name a file in it: --out {page / 'containment-report.html'}"
            raise OutputError(f"{page} is a folder", why=_WHY, fix=fix, exit_code=Exit.USAGE)
        if page.suffix != ".html":
            named = page.with_suffix(".html") if page.name.strip(".") else page / "containment-report.html"
            why = "the page is HTML (Markdown, JSON and CSV are written next to it)"
            raise OutputError(f"{page} does not end in .html", why=why, fix=f"use --out {named}", exit_code=Exit.USAGE)
        folder = page.parent
        if not folder.is_dir():
            is_file = folder.exists()
            reason, fix = ("is a file, not a folder", "name another one") if is_file else ("does not exist", f"make it: mkdir -p {folder}")
            raise OutputError(f"{page} cannot be written: {folder} {reason}", why=_WHY, fix=fix, exit_code=Exit.USAGE)
        if problems := [problem for file in list_report_files(page) if (problem := _find_problem(file))]:
            fix = f"name another page with --out, or move {'it' if len(problems) == 1 else 'them'} away"
            raise OutputError("; ".join(problems), why="a file that is no report is not replaced", fix=fix, exit_code=Exit.USAGE)
        with tempfile.TemporaryFile(dir=folder):
            pass


def write_report(report: Report, page: Path) -> tuple[Path, ...]:
    """Write all files of a report and return their paths; raise OutputError if one fails, with none written."""
    texts = {file: _RENDERERS[file.suffix](report) for file in list_report_files(page)}
    with _output_errors(page), contextlib.ExitStack() as cleanup:
        written = {file: _write_aside(file, text, cleanup) for file, text in texts.items()}
        for file, aside in written.items():
            aside.replace(file.resolve())
    return tuple(texts)


def _find_problem(file: Path) -> str | None:
    """Return the reason why a file must not be replaced, None if it may."""
    if not os.path.lexists(file):
        return None
    if not file.is_file():
        return f"{file} exists and is no file"
    if not os.access(file, os.W_OK):
        return f"{file} exists and is not writable"
    with file.open("rb") as opened:
        start = opened.read(_BEGINNING)
    is_report = not start or _MARKS[file.suffix] in start.decode("utf-8", "replace")
    return None if is_report else f"{file} exists and is not a report of this command"


def _write_aside(file: Path, text: str, cleanup: contextlib.ExitStack) -> Path:
    """Write a text to a temporary file next to `file`; `cleanup` removes it if it still exists."""
    aside = file.resolve().with_name(f".{file.name}.{os.getpid()}.new")
    cleanup.callback(aside.unlink, missing_ok=True)
    with aside.open("w", encoding="utf-8", newline="\n") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return aside


@contextlib.contextmanager
def _output_errors(page: Path, code: Exit = Exit.ERROR) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{error.filename or page} cannot be written: {error.strerror}"
        raise OutputError(what, why=_WHY, fix="name another page with --out", exit_code=code) from None
