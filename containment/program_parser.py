"""The parser of programs that start without the framework of `containment`, because their imports must be few: argparse."""

from __future__ import annotations

import argparse
import sys
from typing import Final, NoReturn

from containment.exit_code import Exit

_WIDTH: Final = 100


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """A formatter with one width, so that the help is the same on every terminal and on its page."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_WIDTH)


class ProgramParser(argparse.ArgumentParser):
    """A parser whose errors name the help."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}\nTry '{self.prog} --help'.", file=sys.stderr)
        raise SystemExit(int(Exit.USAGE))
