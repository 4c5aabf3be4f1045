"""A bundle as Markdown, as CSV with one row per claim, and as one page: each follows from the bundle alone.

The page has inline style, no script, no request to another host, light and dark; every text is escaped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from containment.evidence.bundle import Bundle
from containment.evidence.tables import CLAIM_COLUMNS, build_claim_rows, build_sections, describe_origin, describe_verdict
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.renderers import markdown
from containment.queries.renderers.as_csv import defuse_cell
from containment.queries.results import Answer, Section, clean_text

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --good: #15803d; --bad: #b91c1c; --open: #b45309; }
@media (prefers-color-scheme: dark) { :root { --good: #4ade80; --bad: #f87171; --open: #fbbf24; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.observed { border: 2px solid currentColor; padding: .5rem 1rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: 13px; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); } .status { font-weight: 600; white-space: nowrap; }
@media print { details > * { display: block; } }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES: Final = {Status.PASS.value: "good", Status.FAIL.value: "bad", Status.NOT_TESTED.value: "open"}
_SIGNS: Final = {Status.PASS.value: "✓", Status.FAIL.value: "✗", Status.NOT_TESTED.value: "?"}
_LONG: Final = 30


def render_page(title: str, observed: str, verdict: str, status: str, sections: tuple[Section, ...]) -> str:
    """Return the page.

    Args:
        title: the heading.
        observed: where the facts were observed; the first line of the page.
        verdict: the verdict as a sentence.
        status: the verdict's status, for its color.
        sections: the tables; one without rows is left out.
    """
    body = "".join(_render_table(section) for section in sections if section.rows)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n"
        f'<h1>{escape(title)}</h1><p class="observed">{escape(observed)}</p>'
        f'<p class="{_CLASSES.get(status, "open")}">{escape(verdict)}</p>{body}</body></html>\n'
    )


def _render_table(section: Section) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in section.columns)
    status = section.columns.index("status") if "status" in section.columns else None
    rows = "\n".join(
        "<tr>" + "".join(_render_cell(cell, is_status=place == status) for place, cell in enumerate(row)) + "</tr>" for row in section.rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table>"
    if len(section.rows) > _LONG:
        table = f"<details><summary>{len(section.rows)} rows</summary>{table}</details>"
    return f"<h2>{escape(section.title)}</h2>{table}\n"


def _render_cell(text: str, *, is_status: bool) -> str:
    if is_status and text in _CLASSES:
        return f'<td class="status {_CLASSES[text]}">{_SIGNS[text]} {escape(text)}</td>'
    return f"<td>{escape(text).replace(chr(10), '<br>')}</td>"


def render_markdown(bundle: Bundle) -> str:
    """Return the bundle as Markdown: where it was observed and the verdict on top, then every table."""
    sections = tuple(one.clean("\n") for one in build_sections(bundle))
    answer = Answer(verb="evidence", headline=describe_origin(bundle.predicate.origin), exit=Exit.OK, sections=sections)
    body = markdown.render(answer)
    first, _, rest = body.partition("\n")
    return f"# Evidence of {bundle.predicate.stack}\n\n{first}\n\n{describe_verdict(bundle)}\n{rest}\n"


def render_csv(bundle: Bundle) -> str:
    """Return the claims as CSV; a cell that a spreadsheet would take for a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("stack", "observed", "verdict", *CLAIM_COLUMNS))
    common = (bundle.predicate.stack, bundle.predicate.origin.value, bundle.predicate.verdict)
    writer.writerows(tuple(defuse_cell(clean_text(str(cell), "\n")) for cell in (*common, *row)) for row in build_claim_rows(bundle))
    return out.getvalue()


def render_html(bundle: Bundle) -> str:
    """Return the bundle as one page without a script and without a request to another host."""
    sections = tuple(one.clean("\n") for one in build_sections(bundle))
    return render_page(
        f"Evidence of {bundle.predicate.stack}",
        describe_origin(bundle.predicate.origin),
        describe_verdict(bundle),
        str(bundle.predicate.verdict),
        sections,
    )


FORMATS: Final[Mapping[str, Callable[[Bundle], str]]] = {".md": render_markdown, ".csv": render_csv, ".html": render_html}
"""Suffix of a file next to the bundle -> its renderer."""
