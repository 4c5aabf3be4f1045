"""`containment audit`: read and verify the record of decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import Folder, StackOrNone, TableIn, print_answer
from containment.queries.results import Answer

app = typer.Typer(help="Read and verify the record of decisions.", no_args_is_help=True)


@app.command("list", epilog=build_epilog("audit list"))
@print_answer(TableIn)
def list_(stack: StackOrNone = None, folder: Folder = Path()) -> Answer:
    """List every decision, rejection and refusal."""
    from containment.queries.records.audit import list_entries

    return list_entries(folder, stack)


@app.command("show", epilog=build_epilog("audit show"))
@print_answer(TableIn)
def show(
    number: Annotated[int, typer.Argument(help="The number of the entry.", min=1)],
    folder: Folder = Path(),
) -> Answer:
    """Show one entry with everything that was decided."""
    from containment.queries.records.audit import show_entry

    return show_entry(folder, number)


@app.command("verify", epilog=build_epilog("audit verify"))
@print_answer(TableIn)
def verify(
    anchor: Annotated[str | None, typer.Option("--anchor", help="Compare with heads in s3://BUCKET/PREFIX, or in a file.")] = None,
    folder: Folder = Path(),
) -> Answer:
    """Verify the chain, the heads and every signature.

    Without --anchor it does not detect that log and head were both reset to an older state.
    """
    from containment.queries.records.audit import verify_record

    return verify_record(folder, anchor)


@app.command("stats", epilog=build_epilog("audit stats"))
@print_answer(TableIn)
def stats(
    per_hour: Annotated[int, typer.Option("--per-hour", help="Decisions in one hour above which it warns.", min=1)] = 10,
    rate: Annotated[float, typer.Option("--rate", help="Share of approvals above which it warns.", min=0, max=1)] = 0.95,
    folder: Folder = Path(),
) -> Answer:
    """Count decisions per hour and approvals per reviewer.

    Warns about approval fatigue: more decisions in an hour, or, from 20 decisions on, more approvals than the limit.
    """
    from containment.queries.records.audit import count_reviews

    return count_reviews(folder, per_hour, rate)


@app.command("anchor", epilog=build_epilog("audit anchor"))
@print_answer(TableIn)
def anchor(
    target: Annotated[str, typer.Argument(help="s3://BUCKET/PREFIX with Object Lock, or a file.")],
    folder: Folder = Path(),
) -> Answer:
    """Store the log's head where it cannot be changed."""
    from containment.queries.records.audit import anchor_head

    return anchor_head(folder, target)
