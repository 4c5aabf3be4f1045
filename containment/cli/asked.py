"""What every question shares: its subject, its format, and how the answer ends the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn, TypeAlias

import typer

from containment.cli.common import fail, overrides_of
from containment.model.reach.subject import Subject
from containment.verify.answers import Answer, Exit
from containment.verify.render import RENDERERS, Format
from containment.verify.subjects import subject_of

Stack: TypeAlias = Annotated[str | None, typer.Option("--stack", "-s", help="The stack, e.g. coding-enforce.")]
State: TypeAlias = Annotated[Path | None, typer.Option("--state", help="A checkpoint, or what `pulumi stack export` prints.")]
Config: TypeAlias = Annotated[list[str] | None, typer.Option("--config", "-c", help="KEY=VALUE, as with `pulumi up -c`; may be repeated.")]
As: TypeAlias = Annotated[Format, typer.Option("--format", "-f", help="How the answer is printed.")]
Before: TypeAlias = Annotated[Path | None, typer.Option("--before", help="Rules of other owners that stand before, as JSON.")]
After: TypeAlias = Annotated[Path | None, typer.Option("--after", help="Rules of other owners that stand after, as JSON.")]


def subject(
    stack: str | None, state: Path | None, config: list[str] | None, before: Path | None = None, after: Path | None = None
) -> Subject:
    """Return what is asked about; ends the command on wrong usage."""
    if (stack is None) == (state is None):
        fail("say what to ask about: either --stack STACK or --state FILE", Exit.USAGE)
    found = subject_of(stack, state, overrides_of(config or []))
    if before or after:
        from containment.verify.others import with_others

        return with_others(found, before, after)
    return found


def end(answer: Answer, shown: Format) -> NoReturn:
    """Print an answer and end with its exit code."""
    typer.echo(RENDERERS[shown](answer))
    raise typer.Exit(int(answer.exit))
