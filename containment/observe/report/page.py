"""Written observations: the HTML page, and the dated results of scheduled runs with the note of the last one, which `preflight` reads.

The page has inline SVG, no script, no request to another host, light and dark. Every text from a log is escaped: a server name is chosen by
the agent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Final

from containment.files.output_files import write_whole
from containment.loaders.observation_runs import LAST_RUN, ObservationRun, digest_result
from containment.observe.evidence import render_evidence
from containment.observe.observation import DayFlows, Observation
from containment.queries.results import Answer, Section

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --bar: #2563eb; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --bar: #60a5fa; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: 13px; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font: 12px system-ui, sans-serif; }
.bar { fill: var(--bar); } .row { fill: var(--soft); }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_MOST: Final = 25
"""Destinations in a plot; the tables have all of them."""
_LABEL, _WIDTH, _ROW = 260, 900, 22
_SHOWN = 38


def render_page(found: Observation, answer: Answer) -> str:
    """Return the page."""
    title = f"Observed traffic{f' of {found.evidence.stack}' if found.evidence.stack else ''}"
    body = "".join(_render_table(section) for section in answer.sections)
    plots = (
        f"<h2>Would be denied, by day</h2>{plot_timeline(found.days)}<h2>Bytes out, by destination</h2>{plot_bytes(found.days)}"
        if found.days
        else "<p>No flow would be denied, so there is nothing to plot.</p>"
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1><p>{escape(answer.headline)}</p>{plots}{body}</body></html>\n"
    )


def plot_timeline(days: tuple[DayFlows, ...]) -> str:
    """Return a plot of the flows that would be denied: one row per destination, one circle per day, its area the number of flows."""
    names = _choose(Counter({name: sum(one.count for one in days if one.destination == name) for name in {d.destination for d in days}}))
    first, last = min(one.day for one in days), max(one.day for one in days)
    most = max(one.count for one in days)
    span = max(1, (last - first).days)
    out = []
    for row, name in enumerate(names):
        out.append(_label(row, name))
        for one in days:
            if one.destination == name:
                x = _LABEL + 20 + (_WIDTH - _LABEL - 40) * (one.day - first).days / span
                size = 2.5 + 6.5 * (one.count / most) ** 0.5
                hint = escape(f"{name}, {one.day}: {one.count} flows")
                out.append(f'<circle class="bar" cx="{x:.1f}" cy="{_middle(row)}" r="{size:.1f}"><title>{hint}</title></circle>')
    ticks = sorted({first, first + timedelta(days=span // 2), last} if last > first else {first})
    axis = "".join(_tick(each, first, span, len(names)) for each in ticks)
    return _frame("".join(out) + axis, len(names) + 1, "Flows that enforce mode would deny, by destination and day")


def plot_bytes(days: tuple[DayFlows, ...]) -> str:
    """Return a bar plot of the bytes that left, by destination."""
    totals: Counter[str] = Counter()
    for one in days:
        totals[one.destination] += one.bytes_out
    names = _choose(totals)
    most = max(totals.values()) or 1
    out = []
    for row, name in enumerate(names):
        width = (_WIDTH - _LABEL - 130) * totals[name] / most
        value = f'<text x="{_LABEL + 12 + width:.1f}" y="{_middle(row) + 4}">{totals[name]:,}</text>'
        out.append(
            f'{_label(row, name)}<rect class="bar" x="{_LABEL}" y="{row * _ROW + 4}" width="{width:.1f}" height="{_ROW - 8}"/>{value}'
        )
    return _frame("".join(out), len(names), "Bytes from agents, by destination")


def _choose(counts: Counter[str]) -> list[str]:
    return [name for name, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST]]


def _middle(row: int) -> int:
    return row * _ROW + _ROW // 2


def _label(row: int, name: str) -> str:
    short = name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}…"
    band = f'<rect class="row" x="0" y="{row * _ROW}" width="{_WIDTH}" height="{_ROW - 2}"/>'
    return f'{band}<text x="{_LABEL - 8}" y="{_middle(row) + 4}" text-anchor="end">{escape(short)}<title>{escape(name)}</title></text>'


def _tick(day: date, first: date, span: int, rows: int) -> str:
    x = _LABEL + 20 + (_WIDTH - _LABEL - 40) * (day - first).days / span
    return f'<text x="{x:.1f}" y="{_middle(rows) + 4}" text-anchor="middle">{day}</text>'


def _frame(content: str, rows: int, title: str) -> str:
    height = rows * _ROW + 4
    return f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}">{content}</svg>'


def _render_table(section: Section) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in section.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in section.rows)
    return f"<h2>{escape(section.title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def write_result(found: Observation, stack: str, sources: Sequence[str], folder: Path, now: datetime) -> Path:
    """Write a dated result and the note of the run, each whole or not at all; return the result's path.

    The note is written last: it never names a result that does not exist.

    Args:
        found: The observation.
        stack: The stack.
        sources: What was read.
        folder: The stack's folder of results; it is created.
        now: The time of the run.
    """
    evidence = found.evidence
    text = render_evidence(evidence)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    run = ObservationRun(
        stack=stack,
        at=now,
        sources=tuple(sources),
        evidence=path.name,
        sha256=digest_result(text),
        window_end=evidence.window.end,
        is_judged=found.judged > 0,
        would_be_denied=len({one.name for one in evidence.would_be_denied}),
    )
    write_whole(path, text)
    write_whole(folder / LAST_RUN, run.model_dump_json(by_alias=True, indent=2) + "\n")
    return path
