"""`containment render`: a stack's class as the file of another system, proved to permit no more than the class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from containment.cli.common import show
from containment.cli.options import Json, StackOptions, TableIn, choose_format, take_options
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.renderers import Format, render_text
from containment.renderings.kinds import RenderingKind


@take_options
def render(
    as_: Annotated[RenderingKind, typer.Option("--as", help="The system to render for.")],
    source: StackOptions,
    check: Annotated[Path | None, typer.Option("--check", help="Compare this file with the class; render nothing.")] = None,
    write: Annotated[Path | None, typer.Option("--write", help="Write the file here, whole or not at all.")] = None,
    gateway: Annotated[str, typer.Option("--gateway", help="The gateway's ARN, for a Cedar policy on AWS.")] = "",
    schema: Annotated[bool, typer.Option("--schema", help="Check with OpenShell's protos too (openshell).")] = False,
    format_: TableIn = None,
    as_json: Json = False,
) -> None:
    """Render a stack's class for another system, with proofs.

    Prints the file on standard output and the proofs on standard error. A file that permits more than the class is not printed.
    """
    from containment.queries.render import answer_rendering, read_rendering, require_options

    chosen = choose_format(format_, as_json)
    reader = InputReader("nothing is rendered")
    reader.read(lambda: require_options(as_, gateway=gateway, with_schema=schema))
    pending = reader.read(source.read_with_library)
    compared = reader.read(lambda: None if check is None else read_rendering(check))
    reader.require()
    (spec, library), given = pending.value, compared.value
    answer, text = answer_rendering(as_, spec, library, given=given, name=str(check or as_.file_name), with_schema=schema, gateway=gateway)
    if write and answer.exit is Exit.OK:
        from containment.files.output_files import write_whole

        write_whole(write, text)
    if as_json or format_ is not None:
        show(answer, chosen)
    else:
        if answer.exit is Exit.OK and check is None and write is None:
            typer.echo(text, nl=False)

        typer.echo(render_text(answer, Format.TABLE), err=True)
    raise typer.Exit(int(answer.exit))
