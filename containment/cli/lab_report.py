"""`containment lab report`: one page of what was tested through a stack's deployed policy. No logic of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.common import Exit, fail
from containment.lab.home import LabHome
from containment.lab.world.control import World, WorldError
from containment.lab.world.tools import missing
from containment.model.errors import InputError

if TYPE_CHECKING:
    from containment.lab.world.report import Report

_TABLES = Path("tests/scenarios")


def report(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack, e.g. coding-monitor.")] = "coding-monitor",
    out: Annotated[Path, typer.Option("--out", "-o", help="The page; Markdown is written beside it.")] = Path("containment-report.html"),
    config: Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE, as the stack was brought up with.")] = None,
    evasion: Annotated[bool, typer.Option(help="Try every technique of the evasion table, too (a minute).")] = True,
    skip: Annotated[bool, typer.Option("--skip-if-impossible", help="Exit 0 where no namespaces can be made, and say so.")] = False,
    tables: Annotated[Path, typer.Option(help="The folder of scenario tables.")] = _TABLES,
) -> None:
    """Run the six tests, the evasion table and the class's scenarios, and write them down as HTML and Markdown."""
    from containment.cli.common import overrides_of
    from containment.lab.world.compare import compare
    from containment.lab.world.evasion import run_table
    from containment.lab.world.evasion_table import load_table
    from containment.lab.world.report import Section, gather
    from containment.lab.world.report_html import page
    from containment.lab.world.report_markdown import markdown
    from containment.lab.world.six_tests import mode_in_force, six_tests
    from containment.scenario_file import read_scenarios
    from containment.stack_file import read_stack

    if lacking := missing():
        typer.echo(f"SKIPPED    no report: {'; '.join(lacking)}")
        raise typer.Exit(Exit.OK if skip else Exit.ERROR)
    world = World(LabHome.find(), stack)
    try:
        world.up()
        mode = mode_in_force(world)
        spec = read_stack(stack, overrides_of(config or []))
        tested = six_tests(world, None)
        table = load_table(tables / "evasion.yaml").of_stack(spec) if evasion else None
        left_out = [] if evasion else [("Evasion", "--no-evasion")]
        lines = run_table(world, table, mode) if table else []
        rows = [each for each in read_scenarios(tables / f"{spec.config.agent_class}.yaml").scenarios if not each.needs]
        holes = {each.id: (each.fact, each.control) for each in table.open} if table else {}
        told = gather(world, [Section(mode, tuple(tested))], lines, holes, compare(world, spec, rows), left_out)
    except (WorldError, RuntimeError, FileNotFoundError, InputError) as error:
        fail(str(error))
    out.write_text(page(told), encoding="utf-8")
    beside = out.with_suffix(".md")
    beside.write_text(markdown(told), encoding="utf-8")
    for what, why in told.left_out:
        typer.echo(f"SKIPPED    {what}: {why}")
    wrong = list(_disagreements(told))
    for state, what in wrong:
        typer.echo(f"{state:<10} {what}")
    typer.echo(f"{out} and {beside}")
    failed = any(test.result.value == "FAIL" for test in tested)
    raise typer.Exit(Exit.FAILED if failed or wrong else Exit.OK)


def _disagreements(told: Report) -> Iterator[tuple[str, str]]:
    """Give what did not come out as it should, as the page says it."""
    yield from ((each.state, f"{each.scenario.id}: {each.says}") for each in told.evasion if each.state not in ("AGREES", "OPEN"))
    yield from ((each.state, f"{each.scenario.id}: {each.why}") for each in told.compared if each.state == "DISAGREES")
