"""Domain patterns: one spelling per name, and exact match, cover and overlap.

Rules kept here:
- names are compared after UTS 46 mapping: case, trailing dots, full-width and zero-width forms are one name;
- `*` matches any run of characters, dots included (Controller 8.1 and later; `ec2.*.amazonaws.com` is in use);
- no Aviatrix page documents whether `*.example.com` also matches `example.com`, so the apex is `Ternary.MAYBE`.

Name resolution and approval are outside this module.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import idna

from containment.patterns.wildcards import find_common_text, has_common_text, is_superset
from containment.ternary import Ternary

_LEGAL = re.compile(r"[a-z0-9._*-]+")
_MAX_NAME = 253  # RFC 1035, section 2.3.4
_MAX_LABEL = 63


@functools.lru_cache(maxsize=65536)
def normalize(name: str) -> str:
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
    labels = [_encode_label(label) for label in mapped.split(".")]
    ascii_name = ".".join(labels)
    if len(ascii_name) > _MAX_NAME:
        raise ValueError(f"is longer than {_MAX_NAME} characters")
    if not _LEGAL.fullmatch(ascii_name):
        raise ValueError("has characters that no domain pattern may have (letters, digits, '.', '-', '_' and '*' are allowed)")
    if "**" in ascii_name:
        raise ValueError("has '**', which the Controller refuses")
    return ascii_name


def normalize_or_keep(name: str) -> str:
    """Return the normalized name, or the text unchanged when it cannot be a name: then no client can request it."""
    try:
        return normalize(name)
    except ValueError:
        return name


def _encode_label(label: str) -> str:
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
        """Parse a pattern in any spelling; raises ValueError, with what is wrong, for text that cannot be one."""
        return cls(normalize(raw))

    @property
    def is_exact(self) -> bool:
        """Whether it matches one name only."""
        return "*" not in self.text

    @property
    def apex(self) -> str | None:
        """The bare domain of a leading `*.` wildcard, which may or may not be matched too."""
        rest = self.text[2:] if self.text.startswith("*.") else ""
        return rest if rest and "*" not in rest else None

    @property
    def fixed_domain(self) -> str:
        """The domain behind the last wildcard; the name itself if it is exact."""
        return self.text.rpartition("*")[2].lstrip(".")

    @property
    def is_anchored(self) -> bool:
        """Whether all its names lie under one domain of two labels or more; anyone can register names of the others."""
        fixed = self.text.rpartition("*")[2]
        return "." in fixed.lstrip(".") and (self.is_exact or fixed.startswith("."))

    def matches(self, name: str) -> Ternary:
        """Return whether the pattern matches a host name in any spelling; NO for text that cannot be a name."""
        try:
            spelled = normalize(name)
        except ValueError:
            return Ternary.NO
        if self.is_exact:
            return Ternary.of(self.text == spelled)
        if is_superset(self.text, spelled):
            return Ternary.YES
        return Ternary.MAYBE if spelled == self.apex else Ternary.NO

    def covers(self, other: DomainPattern) -> Ternary:
        """Return whether the pattern matches every name of `other`."""
        if is_superset(self.text, other.text):
            return Ternary.YES if self.text == other.text or other.apex is None or is_superset(self.text, other.apex) else Ternary.MAYBE
        return Ternary.MAYBE if other.is_exact and other.text == self.apex else Ternary.NO

    def overlaps(self, other: DomainPattern) -> Ternary:
        """Return whether some name is matched by both patterns."""
        if self.is_exact and other.is_exact:
            return Ternary.of(self.text == other.text)
        if has_common_text(self.text, other.text):
            return Ternary.YES
        for one, two in ((self, other), (other, self)):
            if one.apex is not None and (has_common_text(one.apex, two.text) or one.apex == two.apex):
                return Ternary.MAYBE
        return Ternary.NO

    def find_common_name(self, other: DomainPattern) -> str | None:
        """Return one name that both patterns match, as a witness, or None."""
        if self.is_exact:
            return self.text if other.matches(self.text) is not Ternary.NO else None
        if other.is_exact:
            return other.find_common_name(self)
        found = find_common_text(self.text, other.text)
        if found is None:
            return self.apex if self.apex and self.apex == other.apex else None
        return ".".join(label or "x" for label in found.split("."))  # only a star can have left a label empty

    def __str__(self) -> str:
        return self.text


def parse_pattern(raw: object) -> DomainPattern | None:
    """Return the pattern of a text, None for any other value and for text that cannot be a pattern."""
    return _parse(raw) if isinstance(raw, str) else None


@functools.lru_cache(maxsize=65536)
def _parse(text: str) -> DomainPattern | None:
    try:
        return DomainPattern.parse(text)
    except ValueError:
        return None


def extract_filter_host(url: object) -> str:
    """Return the host of a WebGroup's URL filter, with or without a scheme; "" without one."""
    return str(url or "").split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]
