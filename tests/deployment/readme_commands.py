"""The commands of README.md, from its own text: every line of a fenced `sh` block, with the heading above it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^```(\w*)\s*$")
_HEADING = re.compile(r"^#+ (.*\S)\s*$")
_COMMENT = re.compile(r"(^|\s+)#.*$")


@dataclass(frozen=True)
class Command:
    """A command, and the heading above it."""

    heading: str
    line: str


def read_commands(text: str) -> list[Command]:
    """Return the commands of every fenced `sh` block, in order; comments are left out, continued lines joined."""
    found: list[Command] = []
    heading, language, pending = "", None, ""
    for line in text.splitlines():
        if fence := _FENCE.match(line):
            language = None if language is not None else fence[1]
        elif language is None:
            heading = match[1] if (match := _HEADING.match(line)) else heading
        elif language == "sh":
            pending += _COMMENT.sub("", line)
            if pending.endswith("\\"):
                pending = pending[:-1]
            elif pending.strip():
                found.append(Command(heading, " ".join(pending.split())))
                pending = ""
    return found
