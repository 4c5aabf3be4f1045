"""The report as one self-contained HTML page: no script, no external font or image. It draws the network in two layouts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from containment_lab.report.facts import Report
from containment_lab.report.outcomes import Outcome
from containment_lab.report.summary import summarize
from containment_lab.report.tables import Kind, build_tables

CAPTION: Final = (
    "The VPC's router is the agent host's only exit. AWS endpoints answer inside the VPC; all other traffic has to cross the Aviatrix"
    " gateway, whose rules decide by name and address."
)


@dataclass(frozen=True)
class Box:
    """A box with its lines of text, the first one its title; lengths are in units of the drawing."""

    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Arrow:
    """A straight arrow."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True)
class Drawing:
    """One layout."""

    name: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


_ARROWS: Final = (("agent", "vpc"), ("vpc", "gateway"), ("vpc", "endpoints"), ("gateway", "outside"), ("gateway", "company"))
_HEIGHT: Final = 76
_WIDE: Final = {"agent": (1, 1), "vpc": (254, 1), "gateway": (507, 1), "endpoints": (507, 117), "outside": (760, 1), "company": (760, 117)}
_TALL: Final = {
    "agent": (50, 1),
    "vpc": (50, 111),
    "gateway": (1, 221),
    "endpoints": (174, 221),
    "outside": (1, 331),
    "company": (174, 331),
}
_WIDE_WIDTH: Final = 199
_TALL_WIDTHS: Final = {"agent": 240, "vpc": 240}
_TALL_WIDTH: Final = 175


def draw(machines: Mapping[str, Mapping[str, str]], rules: int) -> tuple[Drawing, Drawing]:
    """Return the drawing of a network, wide and tall.

    Args:
        machines: Namespaces of the network with their addresses; a name ends in the machine's role.
        rules: The number of rules of the gateway.
    """
    addresses = {name.rpartition("-")[2]: each["address"] for name, each in machines.items()}
    text = {
        "agent": ("agent host", addresses.get("agent", "")),
        "vpc": ("VPC", "routes, security groups,", "ACLs, DNS firewall"),
        "gateway": ("Aviatrix gateway", addresses.get("gateway", ""), f"{rules} rules, first match"),
        "endpoints": ("AWS endpoints", "endpoint policies"),
        "outside": ("outside", "sites and attackers"),
        "company": ("company networks", "behind the gateway"),
    }
    lines = {key: tuple(filter(None, each)) for key, each in text.items()}
    wide = {key: Box(x, y, _WIDE_WIDTH, _HEIGHT, lines[key]) for key, (x, y) in _WIDE.items()}
    tall = {key: Box(x, y, _TALL_WIDTHS.get(key, _TALL_WIDTH), _HEIGHT, lines[key]) for key, (x, y) in _TALL.items()}
    return (
        Drawing("wide", 960, 194, tuple(wide.values()), tuple(_draw_sideways(wide[start], wide[end]) for start, end in _ARROWS)),
        Drawing("tall", 360, 408, tuple(tall.values()), tuple(_draw_downward(tall[start], tall[end]) for start, end in _ARROWS)),
    )


def _draw_sideways(start: Box, end: Box) -> Arrow:
    return Arrow(start.x + start.width, start.y + start.height // 2, end.x, end.y + end.height // 2)


def _draw_downward(start: Box, end: Box) -> Arrow:
    inside = min(max(end.x + end.width // 2, start.x + 20), start.x + start.width - 20)  # straight down where the boxes overlap
    return Arrow(inside, start.y + start.height, end.x + end.width // 2, end.y)


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
