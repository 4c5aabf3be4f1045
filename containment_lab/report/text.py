"""The report as Markdown (for a pull request or a ticket) and as CSV (for a spreadsheet), with the tables of the page."""

from __future__ import annotations

from containment.exit_code import Exit
from containment.queries.renderers import as_csv, markdown
from containment.queries.results import Answer, Section
from containment_lab.report.facts import Report
from containment_lab.report.outcomes import Outcome
from containment_lab.report.summary import Summary, summarize
from containment_lab.report.tables import Table, Value, build_tables

TITLE = "# Containment of "


def render_markdown(report: Report) -> str:
    """Return the report as Markdown: the summary, the open techniques, then every table."""
    summary = summarize(report)
    facts = (
        ("class", report.agent_class),
        ("mode", report.mode.value),
        ("made", f"{report.made:%Y-%m-%d %H:%M} UTC"),
        ("version", f"containment {report.version}"),
        ("commit", report.commit or "not from a checkout"),
        ("where", "simulated on one machine: nothing was sent to AWS, to a real Controller or to the internet"),
    )
    counts = tuple((each.part.value, each.outcome.label, str(each.count), each.meaning) for each in summary.tallies)
    sections = (
        Section("Summary", ("what", "is"), facts),
        Section("Results", ("part", "result", "count", "meaning"), counts),
        *_make_findings_section(summary, as_words=True),
        *_make_open_section(summary),
        *(_make_table_section(each, as_words=True) for each in build_tables(report)),
    )
    return (
        f"{TITLE}{report.stack}\n\n{markdown.render(Answer(verb='report', headline=summary.sentence, exit=Exit.OK, sections=sections))}\n"
    )


def render_csv(report: Report) -> str:
    """Return every table as CSV; results are the words of the JSON document."""
    summary = summarize(report)
    counts = tuple((each.part.value, each.outcome.value, str(each.count), each.meaning) for each in summary.tallies)
    sections = (
        Section("Results", ("part", "result", "count", "meaning"), counts),
        *_make_findings_section(summary, as_words=False),
        *_make_open_section(summary),
        *(_make_table_section(each, as_words=False) for each in build_tables(report)),
    )
    return as_csv.render(Answer(verb="report", headline=summary.sentence, exit=Exit.OK, sections=sections)) + "\n"


def _make_findings_section(summary: Summary, *, as_words: bool) -> tuple[Section, ...]:
    rows = tuple((each.part.value, each.id, _format_value(each.outcome, as_words), each.what) for each in summary.findings)
    return (Section("Failed or not tested", ("part", "id", "result", "observed"), rows),) if rows else ()


def _make_open_section(summary: Summary) -> tuple[Section, ...]:
    rows = tuple((each.id, each.seen, each.sent, each.why, each.close) for each in summary.open_ways)
    return (Section("Open techniques", ("technique", "what is open", "sent", "why", "what would close it"), rows),) if rows else ()


def _make_table_section(table: Table, *, as_words: bool) -> Section:
    rows = tuple(tuple(_format_value(value, as_words) for value in row) for row in table.rows)
    return Section(table.title, tuple(column.name for column in table.columns), rows)


def _format_value(value: Value, as_words: bool) -> str:
    if isinstance(value, Outcome):
        return value.label if as_words else value.value
    return str(value)
