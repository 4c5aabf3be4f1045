"""Groups of commands with a default: `attest STACK` is short for `attest run STACK`."""

from __future__ import annotations

from typing import Any, Final

from containment.cli.help.wrong_usage import Group
from containment.fixes.nearest_word import SIMILAR, find_nearest

_TYPED_AS: Final = 0.75
"""The least similarity to a command at which a single word is taken for a mistyped command, and not for an argument."""


def make_group(default: str) -> type[Group]:
    """Return a class of groups in which a word that is no command of the group is an argument of the command `default`.

    A word that is spelled almost like a command is refused, as it can be either; the fix shows how to write both.
    """

    class GroupWithDefault(Group):
        default_command = default

        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
                has_second = len(args) > 1 and not args[1].startswith("-")  # every default command takes one argument
                if not find_nearest(args[0], sorted(self.commands), SIMILAR if has_second else _TYPED_AS):
                    args = [default, *args]
            return super().parse_args(ctx, args)

    return GroupWithDefault
