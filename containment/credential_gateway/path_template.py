"""Paths of permitted requests: literal segments, and parameters that fill a segment or the rest of one.

A value of `{name}` is on the route's list of that name. A value of `{*name}` is any text of a segment: a package or a ticket, of which
there are too many to list. A final slash is written where the server needs one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from containment.fixes.unfit_value import UnfitError

SEGMENT_CHARACTERS: Final = r"A-Za-z0-9._~:@!$&'()*+,=-"
"""Characters of a segment in canonical form (RFC 3986, pchar) without `;`: some servers cut a segment there."""
_SHAPE: Final = re.compile(rf"(/([{SEGMENT_CHARACTERS}]|\{{\*?[a-z][a-z-]*\}})+)+/?")
_PARAMETER: Final = re.compile(r"\{(\*?[a-z][a-z-]*)\}")
_FREE: Final = "*"
_WORD_ENDS: Final = re.compile(r"[/:]")


@dataclass(frozen=True)
class PathTemplate:
    """One path with parameters, such as `/v1beta/models/{model}:generateContent`."""

    text: str

    @classmethod
    def parse(cls, raw: object) -> PathTemplate:
        """Parse a template; raises UnfitError for text that is none."""
        if not isinstance(raw, str) or not _SHAPE.fullmatch(raw):
            raise UnfitError("is not a path of segments and {name} parameters", "write it as in /v1/models/{model}")
        names = _PARAMETER.findall(raw)
        if len(set(names)) != len(names):
            raise UnfitError("has a parameter twice", "give each parameter a different name")
        if any(len(_PARAMETER.findall(segment)) > 1 for segment in raw.split("/")):
            raise UnfitError("has two parameters in one segment, which can be divided in two ways", "leave one parameter per segment")
        if {".", ".."} & {*raw.split("/")}:
            raise UnfitError("has a segment '.' or '..'", "write the path that they lead to")
        return cls(raw)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters whose values a route lists."""
        return tuple(name for name in _PARAMETER.findall(self.text) if not name.startswith(_FREE))

    @property
    def has_parameters(self) -> bool:
        """Whether some segment is not literal."""
        return bool(_PARAMETER.search(self.text))

    @property
    def has_final_slash(self) -> bool:
        """Whether the path ends with a slash."""
        return self.text.endswith("/")

    @property
    def words(self) -> frozenset[str]:
        """The literal words of the path in lower case: its segments, and verbs after a colon."""
        return frozenset(split_words(_PARAMETER.sub("", self.text)))

    def match(self, path: str) -> dict[str, str] | None:
        """Return the values of the listed parameters if a canonical path matches, None otherwise."""
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        pairs = zip(_PARAMETER.findall(self.text), found.groups(), strict=True)
        return {name: value for name, value in pairs if not name.startswith(_FREE)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = _PARAMETER.split(self.text)  # literal, name, literal, name, ...
        return re.compile("".join(rf"([{SEGMENT_CHARACTERS}]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return pydantic's schema: a template is written as text."""
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.text),
        )


def split_words(path: str) -> list[str]:
    """Return the words of a path in lower case, by which a refused path is recognized in any position and case."""
    return [word for word in _WORD_ENDS.split(path.lower()) if word]
