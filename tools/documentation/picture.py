"""The picture of `docs/architecture.md`: boxes on a grid and arrows between them, drawn as SVG from `docs/assets/architecture.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from pydantic import BaseModel, ConfigDict, Field, model_validator

from containment.loaders import strict_yaml

SOURCE: Final = Path("docs/assets/architecture.yaml")
PICTURE: Final = "architecture.svg"
_WIDTH, _HEIGHT, _ACROSS, _DOWN, _EDGE = 210, 84, 150, 76, 16
"""Size of a box, distance between two columns and two rows, and margin, in pixels."""
_STYLE: Final = (
    "rect.box{fill:#f4f6fb;stroke:#3f51b5;stroke-width:1.5}text{font-family:sans-serif;font-size:13px;fill:#222}"
    "text.path{font-weight:bold}text.label{font-size:12px;fill:#555}path.arrow{fill:none;stroke:#555;stroke-width:1.5}"
)

_HEAD: Final = (
    '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse">'
    '<path d="M0 0L8 4L0 8z" fill="#555"/></marker>'
)


class Box(BaseModel):
    """One box: its grid cell, a path or name, and a description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: int = Field(ge=0)
    row: int = Field(ge=0)
    path: str
    text: tuple[str, ...]

    @property
    def left(self) -> int:
        return _EDGE + self.column * (_WIDTH + _ACROSS)

    @property
    def top(self) -> int:
        return _EDGE + self.row * (_HEIGHT + _DOWN)


class Arrow(BaseModel):
    """One arrow; `both` draws a head at each end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: str = Field(alias="from")
    end: str = Field(alias="to")
    label: str
    both: bool = False


class Picture(BaseModel):
    """The boxes and arrows of the whole picture."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    boxes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]

    @model_validator(mode="after")
    def _arrows_join_boxes(self) -> Picture:
        unknown = {name for arrow in self.arrows for name in (arrow.start, arrow.end)} - self.boxes.keys()
        if unknown:
            raise ValueError(f"arrows name boxes that do not exist: {', '.join(sorted(unknown))}")
        places = [(box.column, box.row) for box in self.boxes.values()]
        if len(set(places)) < len(places):
            raise ValueError("two boxes have the same column and row")
        return self


def read_picture(root: Path) -> Picture:
    """Read the source file; raise pydantic's ValidationError if it is invalid."""
    return Picture.model_validate(strict_yaml.read(root / SOURCE))


def draw_picture(root: Path) -> Mapping[str, str]:
    """Return the SVG text, by its file name."""
    picture = read_picture(root)
    wide = max(box.left for box in picture.boxes.values()) + _WIDTH + _EDGE
    high = max(box.top for box in picture.boxes.values()) + _HEIGHT + _EDGE
    described = "; ".join(f"{picture.boxes[a.start].path} to {picture.boxes[a.end].path}: {a.label}" for a in picture.arrows)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(picture.title)}</title>',
        f'<desc id="description">{escape(described)}</desc>',
        f"<style>{_STYLE}</style>",
        f"<defs>{_HEAD}</defs>",
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        *(line for arrow in picture.arrows for line in _draw_arrow(picture, arrow)),
        *(line for box in picture.boxes.values() for line in _draw_box(box)),
        "</svg>",
    ]
    return {PICTURE: "\n".join(lines) + "\n"}


def _draw_box(box: Box) -> Iterator[str]:
    yield f'<rect class="box" x="{box.left}" y="{box.top}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
    for place, (text, kind) in enumerate([(box.path, ' class="path"'), *((text, "") for text in box.text)]):
        yield f'<text{kind} x="{box.left + 12}" y="{box.top + 26 + 21 * place}">{escape(text)}</text>'


def _draw_arrow(picture: Picture, arrow: Arrow) -> Iterator[str]:
    """Draw a straight arrow within a row or column, else one with a corner, first down and then across."""
    start, end = picture.boxes[arrow.start], picture.boxes[arrow.end]
    forward = end.left > start.left
    side = end.left if forward else end.left + _WIDTH
    middle, across = start.left + _WIDTH // 2, end.top + _HEIGHT // 2
    if start.row == end.row:
        begin = start.left + _WIDTH if forward else start.left
        path, x, y = f"M{begin} {across}H{side}", (begin + side) // 2, across - 8
        anchor = "middle"
    elif start.column == end.column:
        path, x, y = f"M{middle} {start.top + _HEIGHT}V{end.top}", middle + 8, start.top + _HEIGHT + _DOWN // 2
        anchor = "start"
    else:
        path, x, y = f"M{middle} {start.top + _HEIGHT}V{across}H{side}", (middle + side) // 2, across - 8
        anchor = "middle"
    heads = ' marker-start="url(#head)"' if arrow.both else ""
    yield f'<path class="arrow" d="{path}" marker-end="url(#head)"{heads}/>'
    yield f'<text class="label" x="{x}" y="{y}" text-anchor="{anchor}">{escape(arrow.label)}</text>'
