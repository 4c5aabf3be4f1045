"""A kind of secret, recognized by the form of its tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class SecretKind:
    """A kind of secret: `name` is the object of a message's verb. Tokens of a kind may start with an exact `prefix`."""

    name: str
    form: str
    marks: tuple[str, ...] = ()
    prefix: str = ""

    def is_in(self, text: str, lowered: str) -> bool:
        """Return whether a text contains a secret of this kind; `lowered` is the text in lower case."""
        may_be = self.prefix in text if self.prefix else any(mark in lowered for mark in self.marks)
        return may_be and _compile(self.form).search(text) is not None


@cache
def _compile(form: str) -> re.Pattern[str]:
    return re.compile(form)


def make_prefixed(name: str, *rows: tuple[str, str]) -> tuple[SecretKind, ...]:
    """Return kinds with one name, one per pair of a unique token prefix and the form of the rest."""
    return tuple(SecretKind(name, _build_prefix_form(prefix) + rest, prefix=prefix) for prefix, rest in rows)


def _build_prefix_form(prefix: str) -> str:
    """Return an expression for a prefix without a letter or digit before it; a literal start makes `re` fast."""
    literal = re.escape(prefix)
    return rf"{literal}(?<![A-Za-z0-9]{literal})"
