"""`containment catalog due`: entries that have ended, end soon, or were reviewed long ago."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from containment.cli.help.exit_codes import build_epilog
from containment.cli.options import Folder, TableIn, Today, print_answer
from containment.cli.time_options import parse_today
from containment.errors import InputError
from containment.input_reader import InputReader
from containment.queries.results import Answer

if TYPE_CHECKING:
    from containment.config.stack_config import StackConfig

app = typer.Typer(help="The reviewed destinations of the catalog and the stack files.", no_args_is_help=True)


@app.callback()
def _keep_subcommands() -> None:
    pass  # without a callback, typer would make the only subcommand the command itself


@app.command("due", epilog=build_epilog("catalog due"))
@print_answer(TableIn)
def due(
    days: Annotated[int, typer.Option("--days", min=0, help="Days before its end from which on an entry is due.")] = 30,
    review_days: Annotated[int, typer.Option("--review-days", min=0, help="Days after its review when an entry is due.")] = 180,
    today: Today = None,
    folder: Folder = Path(),
) -> Answer:
    """List entries that have ended, end soon or need a review.

    Reads the catalog and every stack file of the folder.
    """
    from containment.loaders.presets import load_library
    from containment.promotion.due import describe_due, list_entries
    from containment.promotion.file_change import find_presets

    reader = InputReader("entries cannot be read")
    day = reader.read(lambda: parse_today(today, "ages are counted up to it"))
    library = reader.read(lambda: load_library(find_presets(folder)))
    configs = reader.read(lambda: _read_configs(folder))
    reader.require()
    return describe_due(list_entries(library.value, configs.value), day.value, days, review_days)


def _read_configs(folder: Path) -> dict[str, StackConfig]:
    from containment.loaders.stack_file import read_configs

    configs, problems = read_configs(folder)
    if problems:
        raise InputError("entries cannot be read", problems)
    return configs
