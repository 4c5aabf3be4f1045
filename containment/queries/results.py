"""The result of a question, independent of the format: every renderer prints these fields and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from containment.exit_code import Exit
from containment.preflight.finding import Status


@dataclass(frozen=True, slots=True)
class Case:
    """One checked item: `id` is stable (a rule, a proof, a change); `where` is a resource, a rule or a file."""

    id: str
    title: str
    status: Status
    where: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, column names and rows of text.

    `drop_first` names the columns that a narrow terminal omits, least important first; after them the others follow from the right.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    drop_first: tuple[str, ...] = ()

    def clean(self, keep: str = "") -> Section:
        """Return the table with clean texts."""
        return replace(self, rows=tuple(tuple(clean_text(cell, keep) for cell in row) for row in self.rows))


def clean_text(text: str, keep: str = "") -> str:
    """Return a text without control characters except `keep`: agents choose the names they contact, and terminals obey such characters."""
    return "".join(one if one.isprintable() or one in keep else "\N{REPLACEMENT CHARACTER}" for one in text)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    `headline` is the first line in every format, and `data` is additional content for JSON. `sections_tell` means that the sections
    contain everything in the cases, so that text formats omit the cases. `document` is the whole JSON object of a command with a separate
    schema.
    """

    verb: str
    headline: str
    exit: Exit
    sections: tuple[Section, ...] = ()
    cases: tuple[Case, ...] = ()
    assumptions: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    sections_tell: bool = False
    document: Mapping[str, Any] | None = None
