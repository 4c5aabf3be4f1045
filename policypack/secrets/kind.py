"""One kind of secret, by the form that its tokens have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret: `name` completes "contains ...". Tokens of one kind may start with an exact `prefix`."""

    name: str
    form: str
    marks: tuple[str, ...] = ()
    prefix: str = ""

    def is_in(self, text: str, lowered: str) -> bool:
        """Return whether a text has one; `lowered` is the text in lower case."""
        may_be = self.prefix in text if self.prefix else any(mark in lowered for mark in self.marks)
        return may_be and _compiled(self.form).search(text) is not None


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(form)


def by_prefix(name: str, *rows: tuple[str, str]) -> tuple[Kind, ...]:
    """Return kinds whose tokens start with a text that nothing else starts with, each with the form of the rest."""
    return tuple(Kind(name, _after(prefix) + rest, prefix=prefix) for prefix, rest in rows)


def _after(prefix: str) -> str:
    """Return an expression for a prefix that no letter or digit precedes; the prefix first, which `re` looks for fast."""
    literal = re.escape(prefix)
    return rf"{literal}(?<![A-Za-z0-9]{literal})"
