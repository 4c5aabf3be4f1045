"""`containment lab status` and `containment lab stacks`: the simulators and the stacks of this lab home."""

from __future__ import annotations

from typing import Annotated

import typer

from containment.cli.common import print_and_exit
from containment.cli.options import TableIn, print_answer, take_format
from containment.exit_code import Exit
from containment.queries.renderers import Format
from containment.queries.results import Answer, Section
from containment_lab import simulators
from containment_lab.formats.checkpoint_file import read_deployment
from containment_lab.home import LabHome


@print_answer(TableIn)
def status() -> Answer:
    """List the simulators: address, process, log."""
    home = LabHome.find()
    found = simulators.read_status(home)
    rows = tuple(
        (
            s.name,
            f"127.0.0.1:{s.port}" if s.port else "no port yet",
            f"pid {s.pid}, {(s.rss_kib or 0) / 1024:.0f} MB" if s.pid else "not running",
            str(s.log),
        )
        for s in found
    )
    lines = [{"name": s.name, "port": s.port, "pid": s.pid, "rssKiB": s.rss_kib, "log": str(s.log)} for s in found]
    table = Section("Simulators", ("name", "address", "process", "log"), rows)
    document = {"schema": "containment-lab-status/v1", "home": str(home.root), "simulators": lines}
    return Answer(verb="lab-status", headline=f"lab home {home.root}", exit=Exit.OK, sections=(table,), document=document)


@take_format(TableIn)
def stacks(
    project: Annotated[str, typer.Option("--project", help="Only stacks of this project.")] = "",
    *,
    chosen: Format,
) -> None:
    """List the stacks that have resources in the lab.

    As a table: one `project/stack` per line; with --project only the stack.
    """
    found = []
    for path in LabHome.find().find_stacks():
        name = path.parent.name
        if project in ("", name) and (resources := read_deployment(path).get("resources")):
            found.append((name, path.stem, len(resources)))
    if chosen is Format.TABLE:
        for name, stack, _ in found:
            typer.echo(stack if project else f"{name}/{stack}")
        return
    rows = tuple((name, stack, str(count)) for name, stack, count in found)
    lines = [{"project": name, "stack": stack, "resources": count} for name, stack, count in found]
    table = Section("Stacks", ("project", "stack", "resources"), rows)
    document = {"schema": "containment-lab-stacks/v1", "stacks": lines}
    print_and_exit(Answer(verb="lab-stacks", headline=f"{len(found)} stacks", exit=Exit.OK, sections=(table,), document=document), chosen)
