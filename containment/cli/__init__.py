"""The `containment` command line: one module per command, each of which parses options and prints a result."""

import atexit
import gc
import sys


def main() -> None:
    """Run the command line (see `containment --help`)."""
    gc.set_threshold(50_000, 20, 100)  # a command keeps most of what it reads until it ends: a sixth of the time of `audit verify`
    atexit.register(gc.freeze)  # and the interpreter's end need not look for garbage once more
    from containment.exit_code import Exit
    from containment.streams import exit_on_file_error

    with exit_on_file_error("error"):
        try:
            _run()
        except KeyboardInterrupt:  # while the command was loaded
            print("interrupted", file=sys.stderr)
            sys.exit(Exit.INTERRUPTED)


def _run() -> None:
    from containment.cli.app import app
    from containment.cli.common import get_exit_code
    from containment.errors import ContainmentError

    try:
        app()
    except ContainmentError as failed:  # no lab is installed, or a file of its home is unreadable
        print(f"error: {failed}", file=sys.stderr)
        sys.exit(get_exit_code(failed))
