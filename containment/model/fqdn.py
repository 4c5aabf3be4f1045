"""Domain patterns: one spelling for every name, and exact answers to "does it match, cover, overlap?".

Rules kept here:
- names are compared after UTS 46 mapping: case, trailing dots, full-width and zero-width forms are one name;
- `*` stands for any run of characters, dots included (Controller 8.1 and later; `ec2.*.amazonaws.com` is in use);
- no Aviatrix page says whether `*.example.com` also matches `example.com`, so the apex is `Match.MAYBE`.

What a name resolves to, and whether it is approved, is not decided here.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import StrEnum

import idna

_LEGAL = re.compile(r"[a-z0-9._*-]+")
_MAX_NAME = 253  # RFC 1035, section 2.3.4
_MAX_LABEL = 63


class Match(StrEnum):
    """Whether something matches; MAYBE where the Controller's behaviour is not documented or a value is unknown."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@functools.lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """Return the one ASCII spelling of a DNS name or pattern: lower case, A-labels, no trailing dot.

    Raises ValueError, with what is wrong, for anything that cannot be a name or a pattern.
    """
    text = name.strip()
    if not text:
        raise ValueError("is empty")
    if text.isascii():
        mapped = text.lower()
    else:
        try:
            mapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
        except idna.IDNAError as error:
            raise ValueError(f"is not a domain name: {error}") from None
    mapped = mapped.rstrip(".")
    if not mapped.strip("."):
        raise ValueError("has no label")
    labels = [_a_label(label) for label in mapped.split(".")]
    ascii_name = ".".join(labels)
    if len(ascii_name) > _MAX_NAME:
        raise ValueError(f"is longer than {_MAX_NAME} characters")
    if not _LEGAL.fullmatch(ascii_name):
        raise ValueError("has characters that no domain pattern may have (letters, digits, '.', '-', '_' and '*' are allowed)")
    if "**" in ascii_name:
        raise ValueError("has '**', which the Controller refuses")
    return ascii_name


def spelled(name: str) -> str:
    """Return the one spelling of a name, or the name as it is written when it cannot be one: then nobody can ask for it."""
    try:
        return normalise(name)
    except ValueError:
        return name


def _a_label(label: str) -> str:
    if not label:
        raise ValueError("has an empty label")
    if label.isascii():
        if len(label) > _MAX_LABEL:
            raise ValueError(f"has a label longer than {_MAX_LABEL} characters")
        return label
    if "*" in label:
        raise ValueError("mixes '*' with letters outside ASCII in one label")
    try:
        return idna.alabel(label).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"is not a domain name: {error}") from None


@dataclass(frozen=True, slots=True, order=True)
class DomainPattern:
    """An exact name, `*`, or a name with `*` in it; `text` is the normalised spelling."""

    text: str

    @classmethod
    def parse(cls, raw: str) -> DomainPattern:
        """Return the pattern for what a person or a resource says; raises ValueError as `normalise` does."""
        return cls(normalise(raw))

    @property
    def is_exact(self) -> bool:
        """Whether it stands for one name only."""
        return "*" not in self.text

    @property
    def apex(self) -> str | None:
        """The bare domain of a leading `*.` wildcard, which may or may not be matched too."""
        rest = self.text[2:] if self.text.startswith("*.") else ""
        return rest if rest and "*" not in rest else None

    @property
    def is_anchored(self) -> bool:
        """Whether all its names lie under one domain of two labels or more; others can be registered by anybody."""
        fixed = self.text.rpartition("*")[2]
        return "." in fixed.lstrip(".") and (self.is_exact or fixed.startswith("."))

    def matches(self, name: str) -> Match:
        """Tell whether a host name, in any spelling, is matched; a name that cannot be one is not."""
        try:
            spelled = normalise(name)
        except ValueError:
            return Match.NO
        if _covers(self.text, spelled):
            return Match.YES
        return Match.MAYBE if spelled == self.apex else Match.NO

    def covers(self, other: DomainPattern) -> Match:
        """Tell whether every name of `other` is matched by this pattern too."""
        if _covers(self.text, other.text):
            return Match.YES if self.text == other.text or other.apex is None or _covers(self.text, other.apex) else Match.MAYBE
        return Match.MAYBE if other.is_exact and other.text == self.apex else Match.NO

    def overlaps(self, other: DomainPattern) -> Match:
        """Tell whether some name is matched by both."""
        if self.is_exact and other.is_exact:
            return Match.YES if self.text == other.text else Match.NO
        if _intersect(self.text, other.text):
            return Match.YES
        for one, two in ((self, other), (other, self)):
            if one.apex is not None and (_intersect(one.apex, two.text) or one.apex == two.apex):
                return Match.MAYBE
        return Match.NO

    def common_name(self, other: DomainPattern) -> str | None:
        """Return one name that both match, as a witness, or None."""
        if self.is_exact:
            return self.text if other.matches(self.text) is not Match.NO else None
        if other.is_exact:
            return other.common_name(self)
        found = _witness(self.text, other.text)
        return found if found is not None else (self.apex if self.apex and self.apex == other.apex else None)

    def __str__(self) -> str:
        return self.text


@functools.lru_cache(maxsize=65536)
def _covers(general: str, special: str) -> bool:
    """Tell whether `general` matches everything `special` does; only a `*` of `general` can absorb one of `special`."""
    reachable = {0}
    for char in special:
        stepped = set()
        for at in _skip_stars(general, reachable):
            if at < len(general) and general[at] == "*":
                stepped.add(at)
            elif char != "*" and at < len(general) and general[at] == char:
                stepped.add(at + 1)
        reachable = stepped
        if not reachable:
            return False
    return len(general) in _skip_stars(general, reachable)


def _skip_stars(pattern: str, places: set[int]) -> set[int]:
    """Return `places` and those reached by letting a `*` stand for nothing."""
    out = set(places)
    for at in places:
        step = at
        while step < len(pattern) and pattern[step] == "*":
            step += 1
            out.add(step)
    return out


def _intersect(one: str, two: str) -> bool:
    return _witness(one, two) is not None


@functools.lru_cache(maxsize=65536)
def _witness(one: str, two: str) -> str | None:
    """Return a shortest text that both patterns match, or None (breadth first over both patterns' places)."""
    if "*" not in one and "*" not in two:
        return one if one == two else None
    seen = {(0, 0)}
    front: list[tuple[int, int, str]] = [(0, 0, "")]
    while front:
        following: list[tuple[int, int, str]] = []
        stack = front[::-1]
        while stack:
            i, j, text = stack.pop()
            if i == len(one) and j == len(two):
                return ".".join(label or "x" for label in text.split("."))  # only a star can have left a label empty
            a, b = one[i : i + 1], two[j : j + 1]
            for ni, nj, ok in ((i + 1, j, a == "*"), (i, j + 1, b == "*")):
                if ok and (ni, nj) not in seen:
                    seen.add((ni, nj))
                    stack.append((ni, nj, text))
            steps = []
            if a and a == b and a != "*":
                steps.append((i + 1, j + 1, a))
            if a == "*" and b and b != "*":
                steps.append((i, j + 1, b))
            if b == "*" and a and a != "*":
                steps.append((i + 1, j, a))
            for ni, nj, char in steps:
                if (ni, nj) not in seen:
                    seen.add((ni, nj))
                    following.append((ni, nj, text + char))
        front = following
    return None
