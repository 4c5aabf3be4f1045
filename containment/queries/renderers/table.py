"""Text renderer for a terminal or a log: headline, one line per case, tables in columns, and assumptions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import typer

from containment.queries.renderers.columns import format_columns
from containment.queries.results import Answer, Case

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
