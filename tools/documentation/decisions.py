"""The index of decision records (`docs/adr/`): number, title, status and date, read from the records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem
from tools.documentation.markdown import format_table

FOLDER: Final = Path("docs/adr")
_HEAD: Final = re.compile(r"# (?P<number>\d+)\. (?P<title>[^\n]+)\n\n\*\*Status:\*\* (?P<status>[^\n·]+) · \*\*Date:\*\* (?P<date>\S+)\n")
_FORM: Final = "# NUMBER. TITLE, an empty line, **Status:** accepted · **Date:** YYYY-MM-DD"
_INTRO: Final = """# Decisions

<!-- Written by `make docs` from the decisions themselves. -->

One page per decision: its context, the decision, the reasons, and what it costs or leaves open. A decision that another one replaces
stays, with the status "superseded by NUMBER".

"""


class Status(StrEnum):
    """Status of a decision; a superseded one is followed by the number of its successor."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision record."""

    file: str
    number: int
    title: str
    status: str
    day: date


def read_decision(path: Path) -> Decision:
    """Read the head of one decision record.

    Raises:
        InputError: the head has another form, its number differs from the file's, or its status or date is not valid.
    """

    def problem(what: str) -> InputError:
        return InputError(
            "a decision cannot be listed",
            [Problem(f"{FOLDER}/{path.name}", what, "the index of decisions is generated from the heads of the files", f"write {_FORM}")],
        )

    found = _HEAD.match(path.read_text(encoding="utf-8"))
    if found is None:
        raise problem("does not start with a title, a status and a date")
    if int(found["number"]) != int(path.name.partition("-")[0]):
        raise problem(f"has the number {found['number']} in its title, and another one in its file name")
    status = found["status"].strip()
    word, _, successor = status.partition(" by ")
    if word not in set(Status) or (word == Status.SUPERSEDED) != successor.isdigit():
        raise problem(f"has the status {status!r}, which is none of {', '.join(Status)} (superseded by NUMBER)")
    try:
        day = date.fromisoformat(found["date"])
    except ValueError:
        raise problem(f"has the date {found['date']!r}, which is not a date of the form YYYY-MM-DD") from None
    return Decision(path.name, int(found["number"]), found["title"].strip(), status, day)


def build_index(root: Path) -> Mapping[str, str]:
    """Return the text of the index page, by its file name."""
    decisions = [read_decision(path) for path in sorted((root / FOLDER).glob("[0-9]*.md"))]
    rows = [(str(one.number), f"[{one.title}]({one.file})", one.status, one.day.isoformat()) for one in decisions]
    return {"index.md": _INTRO + format_table(("number", "decision", "status", "date"), rows)}
