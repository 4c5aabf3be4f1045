"""One renderer a format, all over `containment.verify.answers`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from containment.verify.answers import Answer
from containment.verify.render import as_json, junit, markdown, sarif, table


class Format(StrEnum):
    """Formats an answer can be printed in."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"


RENDERERS: dict[Format, Callable[[Answer], str]] = {
    Format.TABLE: table.render,
    Format.JSON: as_json.render,
    Format.MARKDOWN: markdown.render,
    Format.SARIF: sarif.render,
    Format.JUNIT: junit.render,
}
