"""The report as one self-contained HTML page: no script, no external font or image."""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from containment_lab.report.facts import Report
from containment_lab.report.outcomes import Outcome
from containment_lab.report.summary import summarize
from containment_lab.report.tables import Kind, build_tables
from containment_lab.report.topology import CAPTION, draw

LONGEST_WORD = 34
"""Longest word, in characters, that is never broken; a longer one is broken after punctuation where possible."""
_PIECES = re.compile(r"[^./=:,_@&?-]*[./=:,_@&?-]|[^./=:,_@&?-]+")
"""The pieces of a long word: parts that end in punctuation."""
_PLAIN = re.compile(r"[\w.,;:()'\"]+")
"""Words that a browser does not break."""


def render_page(report: Report) -> str:
    """Return the report as an HTML page."""
    return (
        _load_templates()
        .get_template("page.html.j2")
        .render(
            report=report,
            summary=summarize(report),
            tables=build_tables(report),
            drawings=draw(report.machines, len(report.rules)),
            caption=CAPTION,
        )
    )


def keep_words(value: object, longest: int = LONGEST_WORD) -> Markup:
    """Return text as HTML in which no word is broken across lines, unless it is longer than `longest` characters."""
    parts = re.split(r"(\s+)", str(value))
    return Markup("").join(_keep_word(part, longest) if part.strip() else Markup(" ") for part in parts if part)


def _keep_word(word: str, longest: int) -> Markup:
    if len(word) <= longest:
        return escape(word) if _PLAIN.fullmatch(word) else Markup("<span>{}</span>").format(word)
    lines = [""]
    for piece in _PIECES.findall(word):
        if len(lines[-1]) + len(piece) > longest:
            lines.append("")
        lines[-1] += piece
    short = [line[at : at + longest] for line in lines for at in range(0, len(line), longest)]
    return Markup("<wbr>").join(Markup("<span>{}</span>").format(line) for line in short)


@lru_cache(maxsize=1)
def _load_templates() -> Environment:
    made = Environment(
        loader=PackageLoader("containment_lab.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["words"] = keep_words
    made.globals.update(Kind=Kind, Outcome=Outcome)
    return made
