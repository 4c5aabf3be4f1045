"""The world as a drawing: agent, VPC, gateway and what lies outside, in SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

_BOXES = (
    ("agent", "agent host", 20, 90),
    ("vpc", "VPC: routes, filters, resolver", 230, 90),
    ("gateway", "Aviatrix gateway", 470, 20),
    ("endpoints", "AWS endpoints", 470, 160),
    ("world", "everything outside", 700, 20),
    ("neighbour", "company networks", 700, 160),
)
_LINES = (("agent", "vpc"), ("vpc", "gateway"), ("vpc", "endpoints"), ("gateway", "world"), ("gateway", "neighbour"))
_WIDE, _HIGH = 190, 60


def topology(machines: Mapping[str, Mapping[str, str]]) -> str:
    """Return the drawing; machines are namespace names with their addresses."""
    addresses = {name.rpartition("-")[2]: each["address"] for name, each in machines.items()}
    where = {key: (x, y) for key, _, x, y in _BOXES}
    lines = "".join(_line(where[start], where[end]) for start, end in _LINES)
    boxes = "".join(_box(label, addresses.get(key, ""), x, y) for key, label, x, y in _BOXES)
    title = "The agent host reaches everything by the VPC's router; what leaves passes the gateway."
    return (
        f'<svg viewBox="0 0 910 240" role="img" aria-label="{escape(title)}" font-family="inherit" font-size="14">'
        f"<title>{escape(title)}</title>{lines}{boxes}</svg>"
    )


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    return (
        f'<line x1="{start[0] + _WIDE}" y1="{start[1] + _HIGH // 2}" x2="{end[0]}" y2="{end[1] + _HIGH // 2}"'
        ' stroke="var(--soft)" stroke-width="2"/>'
    )


def _box(label: str, address: str, x: int, y: int) -> str:
    text = f'<text x="{x + 12}" y="{y + 26}" fill="var(--ink)">{escape(label)}</text>'
    text += f'<text x="{x + 12}" y="{y + 46}" fill="var(--soft)">{escape(address)}</text>' if address else ""
    return f'<rect x="{x}" y="{y}" width="{_WIDE + 10}" height="{_HIGH}" rx="6" fill="var(--box)" stroke="var(--line)"/>{text}'
