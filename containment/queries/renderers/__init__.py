"""Renderers of an `Answer`, one module per format; `table` is also called directly, with the width of a terminal.

A renderer is imported on first use, because most commands print text only.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module

from containment.queries.results import Answer


class Format(StrEnum):
    """Output formats of an answer."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    CSV = "csv"
    SARIF = "sarif"
    JUNIT = "junit"


_MODULES: dict[Format, str] = {
    Format.TABLE: "table",
    Format.JSON: "as_json",
    Format.MARKDOWN: "markdown",
    Format.CSV: "as_csv",
    Format.SARIF: "sarif",
    Format.JUNIT: "junit",
}
"""Format -> the module in this package that renders it, by its function `render`."""


def render_text(answer: Answer, chosen: Format) -> str:
    """Return an answer in a format, complete and without colors."""
    text: str = import_module(f"{__name__}.{_MODULES[chosen]}").render(answer)
    return text
