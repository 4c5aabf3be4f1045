"""The report as one HTML page that needs nothing else: no script, no font, no image from anywhere; light and dark; readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from containment.lab.world.report import Report
from containment.lab.world.report_rows import (
    COMPARED_HEADS,
    EVASION_HEADS,
    RULE_HEADS,
    TEST_HEADS,
    TESTS,
    THREAT_HEADS,
    compared_rows,
    count,
    evasion_rows,
    rule_rows,
    test_rows,
    threat_rows,
)
from containment.lab.world.topology import topology

_STYLE = """
:root {
  color-scheme: light dark; --ink: #1a1d21; --paper: #fff; --line: #d5d9de; --soft: #5a6472; --good: #0a6b2e; --bad: #a3141c;
  --warn: #7a5200; --box: #f4f6f8
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8eaed; --paper: #15181c; --line: #3a4149; --soft: #a7b0ba; --good: #6ad18f; --bad: #ff8a8a; --warn: #e8b95a; --box: #1e2329
  }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 600 } td.n { text-align: right; font-variant-numeric: tabular-nums }
.good, .bad, .warn { font-weight: 600 } .good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
.soft { color: var(--soft) } svg { width: 100%; height: auto; max-width: 60rem; display: block }
@media (max-width: 40rem) {
  thead { display: none } tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line) }
  td { display: block; border: 0; padding: .1rem 0 } td.n { text-align: left }
  td::before { content: attr(data-is) ": "; color: var(--soft); font-weight: 400 }
}
"""
_POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
_CLASS = {"PASS": "good", "AGREES": "good", "FAIL": "bad", "DISAGREES": "bad", "OPEN": "warn", "EXPLAINED": "warn", "NOT TESTED": "warn"}


def page(report: Report) -> str:
    """Return the page."""
    title = f"Containment of {escape(report.stack)}"
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="soft">Observed {report.made:%Y-%m-%d %H:%M} UTC on one machine: packets through the policy that was deployed.</p>',
        f"<h2>Where packets go</h2>{topology(report.machines)}",
        *(_section(f"{TESTS}, {section.mode.value}", TEST_HEADS, test_rows(section)) for section in report.sections),
        _section("Rules in force, in order", RULE_HEADS, rule_rows(report)),
    ]
    if report.evasion:
        parts.append(_section(f"Evasion: {count(line.state for line in report.evasion)}", EVASION_HEADS, evasion_rows(report)))
    if report.compared:
        said = f"Predicted against observed: {count(each.state for each in report.compared)}"
        parts.append(_section(said, COMPARED_HEADS, compared_rows(report)))
    parts.append(_section("Threats, and what was sent of each", THREAT_HEADS, threat_rows(report)))
    if report.left_out:
        parts.append(_section("Not tried", ("what", "why"), report.left_out))
    parts.append(_section("Made with", ("what", "version"), list(report.versions.items())))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>{_POLICY}'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{"".join(parts)}</body></html>\n'


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return f"<h2>{escape(title)}</h2>{_table(heads, rows)}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join("<tr>" + "".join(map(_cell, heads, row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(head: str, value: object) -> str:
    text = str(value)
    kind = "n" if isinstance(value, int) else _CLASS.get(text, "")
    return f'<td data-is="{escape(head)}"{f" class={kind}" if kind else ""}>{escape(text)}</td>'
