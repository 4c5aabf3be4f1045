"""The list of every command, and one page with the help of those that have no page of their own.

The commands are those with exit codes (`containment.cli.help.exit_codes`), which tests compare with the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from containment.catalog.preset import Library
from containment.cli.help.exit_codes import HELP_ENDS
from tools.documentation.markdown import format_table
from tools.documentation.reference import read_help

COMMANDS: Final[tuple[tuple[str, ...], ...]] = (
    *((verb,) for verb in ("plan", "explain", "reach", "prove", "risk", "diff", "check", "observe", "preflight", "host", "doctor", "lab")),
    *(("vend",), ("vend", "new")),
    *(("lab", verb) for verb in ("preview", "up", "refresh", "destroy", "verify", "watch", "run", "report")),
    *(("lab", verb) for verb in ("status", "stacks", "env", "export", "down", "world")),
)
"""Commands with a separate page in docs/cli/, `<command>.md` or `lab-<command>.md`."""

PAGE: Final = "other-commands.md"
_HEAD: Final = """# Help of the other commands

The help of every command that is described in a guide. [All commands](index.md#commands) lists these and those with a page of their own.
"""


def render_command_list(_: Library) -> str:
    """Render every command with the first sentence of its help, and a link to the whole of it."""
    return format_table(("command", "does"), [(f"[`{name}`]({_find_place(name)})", _read_summary(name)) for name in HELP_ENDS])


def render_other_commands(_: Path) -> Mapping[str, str]:
    """Return the page with the help of every command that has no page of its own."""
    parts = [f"## containment {name}\n\n```\n{read_help(*name.split())}\n```\n" for name in HELP_ENDS if not _has_page(name)]
    return {PAGE: "\n".join([_HEAD, *parts])}


def _has_page(name: str) -> bool:
    return tuple(name.split()) in COMMANDS


def _make_slug(name: str) -> str:
    return name.replace(" ", "-")


def _find_place(name: str) -> str:
    return f"{_make_slug(name)}.md" if _has_page(name) else f"{PAGE}#containment-{_make_slug(name)}"


def _read_summary(name: str) -> str:
    """Return the first paragraph of a command's help, on one line."""
    paragraph = read_help(*name.split()).split("\n\n")[1]
    return " ".join(paragraph.split()).rstrip(".").replace("|", "\\|")
