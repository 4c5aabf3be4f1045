"""What a question is answered with, whatever the format: every renderer shows these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any


class Exit(IntEnum):
    """Published exit codes of the verbs that ask questions; docs/cli.md has the table."""

    OK = 0
    ERROR = 1
    USAGE = 2
    NOTHING = 3
    FAILED = 10
    NEWLY_ALLOWED = 11
    INCONCLUSIVE = 12


class Status(StrEnum):
    """How one case ended."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was asked: `id` is stable (a rule, a proof, a change), `where` a resource, rule or file."""

    id: str
    title: str
    status: Status
    where: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, column names and rows of text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question. `headline` is the first line in every format; `data` is what JSON carries beside it.

    `sections_tell` says that the sections show all that the cases do: text formats then leave the cases out.
    """

    verb: str
    headline: str
    exit: Exit
    sections: tuple[Section, ...] = ()
    cases: tuple[Case, ...] = ()
    assumptions: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    sections_tell: bool = False
