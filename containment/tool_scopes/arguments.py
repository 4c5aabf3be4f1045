"""The arguments that a tool may be called with: flat values with limits that a Cedar policy can express.

Rules kept here:
- an argument that is not declared is refused, and so is null;
- a path is absolute and in normal form, and lies within one of its folders; links are the sandbox's concern;
- a pattern with '*' in the host of a URL is refused, because '*' matches '/' as well.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from containment.fixes.unfit_value import UnfitError
from containment.reviewed_data import ReviewedModel
from containment.sandbox.paths import normalize

LARGEST: Final = 2**53 - 1
"""The largest whole number with one canonical JSON form."""
PLACES: Final = 4
"""Decimal places of a number, Cedar's most."""
LARGEST_NUMBER: Final = Decimal(922337203685477)
"""The largest whole part of a number; Cedar's decimals are 64 bits with four places."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_URL_HOST: Final = re.compile(r"[a-z][a-z0-9+.-]*://([^/]*)(/?)", re.IGNORECASE)


class ArgumentType(StrEnum):
    """Types of an argument."""

    STRING = "string"
    PATH = "path"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    STRINGS = "strings"


def check_name(raw: str) -> str:
    """Return the name of an argument; raise UnfitError for other text."""
    if not _NAME.fullmatch(raw):
        raise UnfitError("is not the name of an argument", "use letters, digits, '_' and '-', as in the tool's own schema")
    return raw


def _check_pattern(raw: str) -> str:
    found = _URL_HOST.match(raw)
    if found is not None and ("*" in found[1] or not found[2]):
        host = found[1].replace("*", "") or "example.com"
        what = "has '*' in the host of a URL, and '*' matches '/' too" if "*" in found[1] else "does not end the host of its URL"
        raise UnfitError(what, f"write one pattern per host, such as https://{host.strip('.')}/*")
    if not raw or not raw.strip("*"):
        raise UnfitError("matches every text", "leave `like` out where every text is permitted")
    return raw


def _check_folder(raw: str) -> str:
    if normalize(raw) != raw or raw == "/" or "*" in raw:
        raise UnfitError("is not one folder by its absolute path", "write a folder such as /home/agent/reports")
    return raw


Name = Annotated[str, AfterValidator(check_name)]
Pattern = Annotated[StrictStr, AfterValidator(_check_pattern)]
Folder = Annotated[StrictStr, AfterValidator(_check_folder)]
_ALLOWED: Final = {
    ArgumentType.STRING: {"one_of", "like", "unlike"},
    ArgumentType.PATH: {"within"},
    ArgumentType.INTEGER: {"minimum", "maximum"},
    ArgumentType.NUMBER: {"minimum", "maximum"},
    ArgumentType.BOOLEAN: set[str](),
    ArgumentType.STRINGS: {"one_of"},
}


class Argument(ReviewedModel):
    """One argument with its limits; `like` and `unlike` are texts in which '*' is any text."""

    type: ArgumentType
    required: StrictBool = False
    one_of: tuple[StrictStr, ...] = ()
    like: tuple[Pattern, ...] = ()
    unlike: tuple[Annotated[StrictStr, Field(min_length=1)], ...] = ()
    within: tuple[Folder, ...] = ()
    minimum: Annotated[StrictInt, Field(ge=-int(LARGEST_NUMBER), le=int(LARGEST_NUMBER))] | None = None
    maximum: Annotated[StrictInt, Field(ge=-int(LARGEST_NUMBER), le=int(LARGEST_NUMBER))] | None = None

    @model_validator(mode="after")
    def _check_limits(self) -> Self:
        given = {key for key in ("one_of", "like", "unlike", "within", "minimum", "maximum") if getattr(self, key) not in ((), None)}
        if extra := sorted(given - _ALLOWED[self.type]):
            listed = ", ".join(sorted(_ALLOWED[self.type])) or "no limit"
            raise UnfitError(f"has the limit {extra[0]}, which a {self.type} has not", f"a {self.type} takes: {listed}")
        if self.type is ArgumentType.PATH and not self.within:
            raise UnfitError("is a path without `within`", "name the folders that it may be in, such as within: [/home/agent]")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise UnfitError("has a minimum above its maximum", f"set minimum to {self.maximum} or less")
        return self

    def describe_schema(self) -> dict[str, Any]:
        """Return the argument as JSON Schema, with limits that the schema has no key for in words."""
        words = []
        if self.within:
            words.append(f"An absolute path within {' or '.join(self.within)}.")
        if self.like:
            words.append(f"Like {' or '.join(self.like)} ('*' is any text).")
        if self.unlike:
            words.append(f"Never like {' or '.join(self.unlike)}.")
        texts = {"type": "string", **({"enum": list(self.one_of)} if self.one_of else {})}
        kinds: dict[ArgumentType, dict[str, Any]] = {
            ArgumentType.STRING: texts,
            ArgumentType.PATH: {"type": "string"},
            ArgumentType.INTEGER: {"type": "integer"},
            ArgumentType.NUMBER: {"type": "number"},
            ArgumentType.BOOLEAN: {"type": "boolean"},
            ArgumentType.STRINGS: {"type": "array", "items": texts},
        }
        bounds = {key: value for key, value in (("minimum", self.minimum), ("maximum", self.maximum)) if value is not None}
        return {**kinds[self.type], **bounds, **({"description": " ".join(words)} if words else {})}


def read_number(value: object) -> Decimal | None:
    """Return a JSON number as a decimal of four places at most, None where it is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    found = Decimal(repr(value))
    if not found.is_finite() or abs(found) > LARGEST_NUMBER or found != round(found, PLACES):
        return None
    return found
