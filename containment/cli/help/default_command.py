"""Groups of commands with a default: `attest STACK` is short for `attest run STACK`."""

from __future__ import annotations

from typing import Any

from containment.cli.help.wrong_usage import Group
from containment.fixes.nearest_word import find_nearest


def make_group(default: str) -> type[Group]:
    """Return a class of groups in which a word that is no command of the group is an argument of the command `default`."""

    class GroupWithDefault(Group):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
                has_second = len(args) > 1 and not args[1].startswith("-")  # every default command takes one argument
                if not (has_second and find_nearest(args[0], sorted(self.commands))):
                    args = [default, *args]
            return super().parse_args(ctx, args)

    return GroupWithDefault
