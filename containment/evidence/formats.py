"""A bundle as Markdown, as CSV with one row per claim, and as one page: each follows from the bundle alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from containment.evidence.bundle import Bundle
from containment.evidence.page import render_page
from containment.evidence.tables import CLAIM_COLUMNS, build_claim_rows, build_sections, describe_origin, describe_verdict
from containment.exit_code import Exit
from containment.queries.renderers import markdown
from containment.queries.renderers.as_csv import defuse_cell
from containment.queries.results import Answer, Section


def render_markdown(bundle: Bundle) -> str:
    """Return the bundle as Markdown: where it was observed and the verdict on top, then every table."""
    sections = tuple(clean_section(one) for one in build_sections(bundle))
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
    writer.writerows(tuple(defuse_cell(_clean_text(cell)) for cell in (*common, *row)) for row in build_claim_rows(bundle))
    return out.getvalue()


def render_html(bundle: Bundle) -> str:
    """Return the bundle as one page without a script and without a request to another host."""
    sections = tuple(clean_section(one) for one in build_sections(bundle))
    return render_page(
        f"Evidence of {bundle.predicate.stack}",
        describe_origin(bundle.predicate.origin),
        describe_verdict(bundle),
        str(bundle.predicate.verdict),
        sections,
    )


FORMATS: Final[Mapping[str, Callable[[Bundle], str]]] = {".md": render_markdown, ".csv": render_csv, ".html": render_html}
"""Suffix of a file next to the bundle -> its renderer."""


def render_format(bundle: Bundle, suffix: str) -> str:
    """Return a bundle in the format of a suffix."""
    return FORMATS[suffix](bundle)


def clean_section(section: Section) -> Section:
    """Return a table without control characters: agents choose names that end up in evidence."""
    return replace(section, rows=tuple(tuple(_clean_text(cell) for cell in row) for row in section.rows))


def _clean_text(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in str(text))
