"""Text renderer for a terminal or a log: headline, one line per case, tables in columns, and assumptions.

Tables are complete in a pipe; on a terminal they are wrapped, and without the least important columns if they do not fit.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator, Sequence

import typer
from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from containment.queries.results import Answer, Case, Section

_GAP = 2
_INDENT = 2
_READABLE = 18
"""Columns up to this wide are not narrowed below their longest word."""
_LEAST = 8
_BREAKS = re.compile(r"(?<=[^\s-]-)(?=[^\W\d])|(?<=/)(?=[^\d\s])|(?=\s)")
"""Positions of line breaks: at spaces, after hyphens, and after the slashes of paths (not of networks)."""


def format_columns(section: Section, width: int | None = None, *, color: bool = False) -> list[str]:
    """Return the lines of a table without its title.

    Args:
        section: the table.
        width: columns of the terminal; None in a pipe, where cells are not wrapped and a row has as many lines as its longest cell.
        color: whether the header is bold.
    """
    if width is None:
        return _format_whole(section)
    room = width - _INDENT
    shown = list(range(len(section.columns)))
    for name in (*section.drop_first, *reversed(section.columns[1:])):
        if _is_fitting(_find_least_widths(section, shown), room) or len(shown) == 1:
            break
        if (place := section.columns.index(name)) in shown:
            shown.remove(place)
    least = _find_least_widths(section, shown)
    lines = _format_table(section, shown, _share_room(section, shown, least, room), color=color)
    dropped = [name or "(no name)" for place, name in enumerate(section.columns) if place not in shown]
    if dropped:
        note = f"not shown at {width} columns: {', '.join(dropped)} (use a wider terminal, a pipe, -f csv or -f json)"
        lines += _split_line(note, room)
    return [(" " * _INDENT + line).rstrip() for line in lines]


def _format_whole(section: Section) -> list[str]:
    lines = []
    table = [[cell.splitlines() or [""] for cell in row] for row in (section.columns, *section.rows)]
    widths = [max(cell_len(line) for row in table for line in row[place]) for place in range(len(section.columns))]
    for row in table:
        for number in range(max(map(len, row))):
            cells = [cell[number] if number < len(cell) else "" for cell in row]
            padded = [cell + " " * (size - cell_len(cell)) for cell, size in zip(cells, widths, strict=True)]
            lines.append((" " * _INDENT + (" " * _GAP).join(padded)).rstrip())
    return lines


def _get_cells(section: Section, place: int) -> list[str]:
    return [section.columns[place], *(row[place] for row in section.rows)]


def _find_least_widths(section: Section, shown: Sequence[int]) -> list[int]:
    """Return the least readable width of each column: its longest word, within bounds."""
    words = [max((cell_len(word) for cell in _get_cells(section, place) for word in cell.split()), default=1) for place in shown]
    return [max(cell_len(section.columns[place]), min(size, _READABLE)) for place, size in zip(shown, words, strict=True)]


def _is_fitting(widths: Sequence[int], room: int) -> bool:
    return sum(widths) + _GAP * (len(widths) - 1) <= room


def _share_room(section: Section, shown: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Return a width per column; spare room goes, step by step, to the column whose longest cell takes the most lines."""
    natural = [max(cell_len(line) for cell in _get_cells(section, place) for line in cell.splitlines() or [""]) for place in shown]
    widths = [min(size, one) for size, one in zip(least, natural, strict=True)]
    if not _is_fitting(widths, room):  # one column is left: its words are broken
        return [max(_LEAST, room)]
    spare = room - sum(widths) - _GAP * (len(widths) - 1)
    while spare and (open_ := [at for at, size in enumerate(widths) if size < natural[at]]):
        widths[max(open_, key=lambda at: natural[at] / widths[at])] += 1
        spare -= 1
    return widths


def _format_table(section: Section, shown: Sequence[int], widths: Sequence[int], *, color: bool) -> list[str]:
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold" if color else "", show_edge=False)
    for place, size in zip(shown, widths, strict=True):
        table.add_column(Text(section.columns[place]), width=size, overflow="fold")
    rows = [
        [
            "\n".join(part for line in row[place].splitlines() for part in _split_line(line, size))
            for place, size in zip(shown, widths, strict=True)
        ]
        for row in section.rows
    ]
    apart = any("\n" in row[0] for row in rows)  # then the first column alone does not show where a row begins
    for number, row in enumerate(rows):
        if apart and number:
            table.add_row("")
        table.add_row(*map(Text, row))
    out = io.StringIO()
    colors = "standard" if color else None
    total = sum(widths) + _GAP * len(widths)
    Console(file=out, width=total, force_terminal=color, color_system=colors, highlight=False, emoji=False).print(table)  # type: ignore[arg-type]
    return [line.rstrip() for line in out.getvalue().splitlines()]


def _split_line(line: str, width: int) -> Iterator[str]:
    """Yield a line in parts of at most `width` columns; only a word longer than a part is split."""
    part = ""
    for piece in _BREAKS.split(line):
        if cell_len(part + piece) <= width:
            part += piece
            continue
        if part:
            yield part
        *whole, part = chop_cells(piece.lstrip(), width) or [""]
        yield from whole
    yield part


_LEAD = 8


def render(answer: Answer, width: int | None = None, *, color: bool = False) -> str:
    """Return the answer as text.

    Args:
        answer: the answer to a question.
        width: columns of the terminal, which no line exceeds; None in a pipe, where lines are neither wrapped nor shortened.
        color: whether statuses are colored.
    """
    lines = wrap_text(answer.headline, width)
    for case in () if answer.sections_tell else answer.cases:
        lines += _format_case(case, width, color=color)
    for section in answer.sections:
        lines += ["", *wrap_text(section.title, width), *format_columns(section, width, color=color)]
    if answer.assumptions:
        lines += ["", "Assumed:", *(line for text in answer.assumptions for line in wrap_text(text, width, "  - ", "    "))]
    return "\n".join(lines)


def format_status_lines(word: str, color: str | None, text: str, width: int | None) -> list[str]:
    """Return the lines of a text after a status word, with continuation lines indented below the text."""
    lead = f"{word:<{_LEAD}} "
    first, *rest = wrap_text(text, width, lead, " " * len(lead))
    return [(typer.style(word, fg=color) + first[len(word) :]) if color else first, *rest]


def wrap_text(text: str, width: int | None, lead: str = "", below: str = "") -> list[str]:
    """Return text as lines of at most `width` columns (None: unwrapped), the first after `lead`, the others after `below`."""
    return list(_wrap_lines(text, width, lead, below))


def _wrap_lines(text: str, width: int | None, lead: str, below: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        if width is None:
            yield lead + line
        else:
            yield from textwrap.wrap(line, width, initial_indent=lead, subsequent_indent=below, break_on_hyphens=False) or [lead.rstrip()]
        lead = below


def _format_case(case: Case, width: int | None, *, color: bool) -> Iterator[str]:
    where = f" [{case.where}]" if case.where else ""
    mark, indent = f"{case.status.value:{_LEAD - 1}} ", " " * _LEAD
    first, *rest = wrap_text(f"{case.id}{where}: {case.title}", width, mark, indent)
    word = case.status.value
    yield typer.style(word, fg=case.status.color) + first[len(word) :] if color else first
    yield from rest
    for line in case.text.splitlines():
        yield from wrap_text(line, width, indent, indent)
