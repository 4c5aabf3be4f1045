"""`containment lab report`: write a report of the tests through a stack's deployed policy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import exit_on_error, read_overrides
from containment.cli.help.version import find_checkout_commit
from containment.cli.options import DEFAULT_STACK, Config, Folder, SkipIfImpossible, Stack, TextIn, Update, take_format
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.renderers import Format
from containment_lab.home import LabHome
from containment_lab.linux.tools import list_missing
from containment_lab.network.control import LabNetwork
from containment_lab.report.facts import Report
from containment_lab.report.outcomes import Outcome
from containment_lab.report.summary import Summary

_TABLES = Path("tests/scenarios")


@take_format(TextIn)
def report(
    stack: Stack = DEFAULT_STACK,
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML page; .md, .json and .csv are next to it.")] = Path(
        "containment-report.html"
    ),
    config: Config = None,
    folder: Folder = Path(),
    evasion: Annotated[bool, typer.Option(help="Run the evasion table as well (a minute).")] = True,
    update: Update = True,
    skip: SkipIfImpossible = False,
    tables: Annotated[Path, typer.Option(help="The folder of scenario tables.")] = _TABLES,
    *,
    chosen: Format,
) -> None:
    """Write a report of the tests of the deployed policy.

    Runs the six tests, the evasion table and the class's scenarios, and writes HTML, Markdown, JSON and CSV.
    """
    from containment.cli.lab.network import make_updater, read_tested_stack
    from containment.cli.lab.screen.six_tests import announce
    from containment_lab.report.collection import collect_report, read_plan
    from containment_lab.report.document import SCHEMA, build_document
    from containment_lab.report.files import require_writable, write_report
    from containment_lab.report.summary import summarize
    from containment_lab.validation.evasion_table import load_table
    from containment_lab.validation.six_tests import choose_update_target, determine_mode

    world, reader = LabNetwork(LabHome.find(), stack), InputReader("no report can be made")
    lacking = list_missing() or list(filter(None, [world.home.find_problem()]))
    reader.read(lambda: require_writable(out))
    overrides = read_overrides(reader, config)
    if not lacking:
        reader.read(world.require_stack)
        read = reader.read(lambda: read_tested_stack(stack, overrides, folder, update=update))
        if read.is_read:
            spec, updater = read.value, make_updater(folder, read.value, overrides) if update else None
            plan = reader.read(lambda: read_plan(spec, tables, sends_evasion=evasion, update=updater))
        else:
            reader.read(lambda: load_table(tables / "evasion.yaml"))
    reader.require()
    if lacking:
        if chosen is Format.JSON:
            typer.echo(json.dumps({"schema": SCHEMA, "stack": stack, "skipped": lacking}, indent=2))
        else:
            typer.echo(f"SKIPPED    no report of {stack}: {'; '.join(lacking)}")
        raise typer.Exit(Exit.OK if skip else Exit.ERROR)
    with exit_on_error(RuntimeError, FileNotFoundError):
        world.bring_up()
        added = choose_update_target(world.send_command("rules")) if update else None
        for line in announce(stack, determine_mode(world), world.send_command("status")["instance"], added=added):
            typer.echo(line, err=True)
        made = collect_report(world, spec, plan.value, find_checkout_commit(), lambda line: typer.echo(line, err=True))
        files = write_report(made, out)
    summary = summarize(made)
    if chosen is Format.JSON:
        typer.echo(json.dumps(build_document(made), indent=2))
    else:
        typer.echo("\n".join(format_closing_lines(made, summary, files)))
    raise typer.Exit(Exit.OK if summary.verdict.is_good else Exit.NO)


_WIDTH = 11
"""Width of a line's first word."""


def format_closing_lines(report: Report, summary: Summary, files: Sequence[Path]) -> list[str]:
    """Return the last lines of the command.

    Args:
        report: the facts.
        summary: the counts and findings of the report.
        files: the written files, the page first.
    """
    lines = list(_format_counts(summary))
    lines += [f"{_format_word(each.outcome)}{each.part.value.lower()}, {each.id}: {each.what}" for each in summary.findings]
    lines += [f"{_format_word(Outcome.OPEN)}{each.id}: {each.seen}; would close it: {each.close}" for each in summary.open_ways]
    lines += [f"{'SKIPPED':<{_WIDTH}}{each.part}: {each.why}" for each in report.left_out]
    page, *others = files
    lines.append(f"written: {page}, and next to it {', '.join(each.name for each in others)}")
    return [*lines, f"{report.stack}, {report.mode.value}: {summary.sentence}"]


def _format_counts(summary: Summary) -> Iterator[str]:
    """Yield one line per part, with the outcomes that occurred."""
    for tallies in summary.tallies_by_part:
        counted = "; ".join(f"{each.count} {each.outcome.label}" for each in tallies if each.count)
        yield f"{tallies[0].part.value + ':':<28}{counted}"


def _format_word(outcome: Outcome) -> str:
    return f"{outcome.value:<{_WIDTH}}"
