"""Reviewed data: the base of its models, and the texts that a `source` and an owner may have.

A source is something that another person can look up: one of the documents that presets/README.md names, a standard, or an https
address. An assurance ("well known") is not a source.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from containment.fixes.nearest_word import find_nearest
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.fixes.words import has_word

KINDS: Final = (
    "Aviatrix blueprint",
    "vendor documentation",
    "runtime facts: observed",
    "runtime facts: from source",
    "runtime facts: listed",
)
"""The documents that presets/README.md names; a detail may follow after a comma, a colon or in brackets."""


class ReviewedModel(BaseModel):
    """Base of all reviewed data: camelCase keys, no unknown keys, immutable."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


def _check_words(text: str) -> str:
    """Return a text with a word in it; raise UnfitError for any other."""
    if not has_word(text):
        raise UnfitError("contains no word", "write who answers for it, or why it is needed, in words")
    return text


Words = Annotated[str, Field(min_length=1), AfterValidator(_check_words)]
"""A text for people, such as an owner or a reason."""
_DETAIL: Final = re.compile(r"\s*[,:(].+")
_ADDRESS: Final = re.compile(r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?(/\S*)?")
_STANDARD: Final = re.compile(r"(RFC \d{1,5}|IANA|NIST|ISO|W3C|ICANN)\b.*")


def check_source(text: str) -> str:
    """Return a source that people can look up; raise UnfitError for any other text."""
    plain = text.strip()
    known = next((one for one in KINDS if plain.casefold().startswith(one.casefold())), None)
    rest = plain[len(known) :] if known else ""
    if (known and (not rest or _DETAIL.fullmatch(rest))) or _ADDRESS.fullmatch(plain) or _STANDARD.fullmatch(plain):
        return text
    near = find_nearest(plain, KINDS)
    listed = ", ".join(KINDS)
    what = "is empty" if not plain else "is not a source that can be looked up"
    if near is not None:
        raise UnfitError(what, f"write {near!r}", near)
    insecure = plain.startswith("http://")
    fix = f"write https://{plain.removeprefix('http://')}" if insecure else f"write an https:// address, an RFC, or one of: {listed}"
    raise UnfitError(what, fix, f"https://{plain.removeprefix('http://')}" if insecure else NO_VALUE)
