"""What every verb shares: how a person's mistake is told, and where colours go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console

from containment.model.errors import InputError
from containment.verify.answers import Exit


def console(*, stderr: bool = False) -> Console:
    """Return a console that colours a terminal only, and honours NO_COLOR."""
    stream = sys.stderr if stderr else sys.stdout
    plain = not stream.isatty() or "NO_COLOR" in os.environ
    return Console(file=stream, no_color=plain, highlight=False, soft_wrap=plain, width=200 if plain else None)


def overrides_of(pairs: list[str]) -> dict[str, str]:
    """Return `K=V` options as a mapping; refuses one that is not."""
    bad = [pair for pair in pairs if "=" not in pair]
    if bad:
        fail(f"--config wants KEY=VALUE, not {', '.join(map(repr, bad))}", Exit.USAGE)
    return {key.removeprefix("agent-containment:"): value for key, _, value in (pair.partition("=") for pair in pairs)}


def fail(message: str, code: Exit = Exit.ERROR) -> NoReturn:
    """Say what is wrong on stderr and end."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(code)


@contextmanager
def told() -> Iterator[None]:
    """Tell a person's mistakes without a traceback."""
    try:
        yield
    except InputError as error:
        fail(str(error))


__all__ = ["Exit", "console", "fail", "overrides_of", "told"]
