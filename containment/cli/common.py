"""Shared code of all commands: printing answers, errors and exit codes, and the terminal's width and colors.

Every command imports this module, so libraries for drawing are imported only where something is drawn.
"""

from __future__ import annotations

import errno
import getpass
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from containment.errors import ContainmentError, Problem, UsageError
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.queries.renderers import Format, render_text
from containment.queries.results import Answer
from containment.streams import STDOUT

if TYPE_CHECKING:
    from rich.console import Console

TOO_NARROW = 40
"""Columns; a narrower terminal is treated as if it had this many."""
_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Errors of the disk that any write can raise."""


def get_terminal_width() -> int | None:
    """Return the columns of the terminal on stdout; None if stdout is a pipe or a file."""
    return max(TOO_NARROW, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None


def is_colored() -> bool:
    """Return whether stdout is a terminal that shows colors; NO_COLOR is honored."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def make_console() -> Console:
    """Return a console on stdout, with colors on a terminal only."""
    from rich.console import Console

    plain = not sys.stdout.isatty()
    return Console(no_color=not is_colored(), highlight=False, soft_wrap=plain, width=200 if plain else None)


def read_overrides(reader: InputReader, pairs: Iterable[str] | None) -> dict[str, str]:
    """Return the `--config` options of the form KEY=VALUE by key; each of another form is a mistake that waits for `reader.require`."""
    found = read_pairs(reader, pairs, "--config")
    return {key.removeprefix("agent-containment:"): value for key, value in found.items()}


def read_pairs(reader: InputReader, pairs: Iterable[str] | None, option: str) -> dict[str, str]:
    """Return the values of a repeatable option KEY=VALUE by key; each of another form is a mistake that waits for `reader.require`.

    Args:
        reader: collects the mistakes.
        pairs: the options; a value may contain more `=`.
        option: the option's name.
    """
    split = [pair.partition("=") for pair in pairs or ()]
    why, fix = "each one sets a key of the stack", f"write KEY=VALUE, such as {option} policyMode=monitor"
    wrong = [Problem(f"{option} {key!r}", "is not KEY=VALUE", why, fix) for key, equals, _ in split if not (key and equals)]
    if wrong:
        reader.read(lambda: refuse(wrong))
    return {key: value for key, equals, value in split if key and equals}


def drop_options(words: Sequence[str], *names: str) -> list[str]:
    """Return the words of a command line without some options and their values."""
    kept, is_value = list[str](), False
    for word in words:
        if is_value:
            is_value = False
        elif word in names:
            is_value = True
        elif word.partition("=")[0] not in names:
            kept.append(word)
    return kept


def show(answer: Answer, chosen: Format) -> None:
    """Print an answer: a table as wide as the terminal, every other format in full."""
    if chosen is Format.TABLE:
        from containment.queries.renderers import table

        typer.echo(table.render(answer, get_terminal_width(), color=is_colored()))
    else:
        typer.echo(render_text(answer, chosen))


def print_and_exit(answer: Answer, chosen: Format) -> NoReturn:
    """Print an answer and exit with its exit code."""
    show(answer, chosen)
    raise typer.Exit(int(answer.exit))


def fail(message: str, code: Exit = Exit.ERROR) -> NoReturn:
    """Print an error on stderr and exit."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(int(code))


def refuse_usage(where: str, what: str, why: str, fix: str) -> NoReturn:
    """Raise UsageError for one mistake in the command line.

    Args:
        where: the option or argument.
        what: what is wrong with it.
        why: why the command needs it.
        fix: what to write.
    """
    refuse([Problem(where, what, why, fix)])


def refuse(problems: Iterable[Problem]) -> NoReturn:
    """Raise UsageError for mistakes in the command line."""
    raise UsageError("the command cannot be run", problems)


def require_seconds(seconds: float) -> None:
    """Raise UsageError for a limit of --seconds that is below 0 or no number."""
    if not 0 <= seconds < float("inf"):
        what, why = f"is {seconds:g}, not a number of seconds", "the command stops after this time"
        refuse_usage("--seconds", what, why, "give 0 for no limit, or more")


def require_key(key: str | None, signed: str) -> str:
    """Return the value of --key; raise UsageError without one.

    Args:
        key: the value.
        signed: what is signed with it.
    """
    if key is None:
        fix = "make one: openssl genpkey -algorithm ed25519 -out KEY; then give --key KEY"
        refuse_usage("--key", "is not given", f"{signed} is signed, so that others can check who made it", fix)
    return key


def get_user_name() -> str:
    """Return the name of the user who runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return "unknown"


def ask_passphrase() -> str:
    """Ask for the passphrase of a key file on the terminal."""
    return str(typer.prompt("Passphrase", hide_input=True, err=True))


@contextmanager
def exit_on_error(*also: type[Exception]) -> Iterator[None]:
    """Exit on an error that the user can correct: one message on stderr, and the exit code of its kind.

    Every other exception is a defect and propagates.

    Args:
        also: further exceptions whose text is such a message.
    """
    expected: tuple[type[Exception], ...] = (ContainmentError, *also)
    try:
        with convert_machine_errors():
            yield
    except typer.Exit:  # it is a RuntimeError, which `also` may contain
        raise
    except expected as error:
        fail(str(error), get_exit_code(error))


@contextmanager
def convert_machine_errors() -> Iterator[None]:
    """Raise InputError for a full or read-only disk, whichever file is written."""
    try:
        yield
    except OSError as cause:
        if cause.errno not in _OF_THE_MACHINE or cause.filename == STDOUT:
            raise
        from containment.files.output_files import make_write_error

        raise make_write_error(Path(), cause) from None


def write_file(path: Path, text: str) -> None:
    """Write a file that the user named, whole or not at all; raise InputError."""
    from containment.files.output_files import convert_write_errors
    from containment.files.whole_files import write_whole

    with convert_write_errors(path, "the answer would be lost"):
        write_whole(path, text)


def get_exit_code(error: Exception) -> Exit:
    """Return the exit code of an error."""
    code = getattr(error, "exit_code", Exit.ERROR)
    assert isinstance(code, Exit)
    return code
