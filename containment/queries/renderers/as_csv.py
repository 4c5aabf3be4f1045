"""CSV renderer (RFC 4180): the rows of every table of an answer under the union of their columns; the first column names the table.

An agent chooses names in some tables, and a spreadsheet computes a cell that begins like a formula: such a cell is made plain text.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Final, TypeAlias

from containment.queries.results import Answer

_Table: TypeAlias = tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]
"""Title, column names, rows."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes a cell for a formula."""
_HARMLESS: Final = re.compile(r"[-+]|[-+][0-9]+(\.[0-9]+)?%?")
"""A sign alone, or a number."""
_CASES = ("status", "id", "where", "title", "text")
"""Columns of the table of cases."""


def render(answer: Answer) -> str:
    """Return the tables as one CSV document; a cell is empty if its table lacks the column."""
    tables: list[_Table] = [(section.title, section.columns, section.rows) for section in answer.sections]
    if answer.cases and not answer.sections_tell:
        cases: tuple[tuple[str, ...], ...] = tuple(
            (case.status.case_word, case.id, case.where, case.title, case.text) for case in answer.cases
        )
        tables.insert(0, ("cases", _CASES, cases))
    columns = list(dict.fromkeys(name for _, names, _ in tables for name in names))
    out = io.StringIO()
    writer = csv.DictWriter(out, ["table", *columns], restval="", lineterminator="\n")
    writer.writeheader()
    for title, names, rows in tables:
        writer.writerows({"table": title, **dict(zip(names, map(_defuse_text, row), strict=True))} for row in rows)
    return out.getvalue().removesuffix("\n")


def defuse_cell(text: str) -> str:
    """Return a cell with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _defuse_text(text: str) -> str:
    return text if _HARMLESS.fullmatch(text) else defuse_cell(text)
