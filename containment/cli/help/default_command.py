"""Groups of commands with a default: `attest STACK` is short for `attest run STACK`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from containment.fixes.nearest_word import find_nearest


def make_group(default: str) -> type[TyperGroup]:
    """Return a class of groups in which a word that is no command of the group is an argument of the command `default`."""

    class GroupWithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
                has_second = len(args) > 1 and not args[1].startswith("-")  # every default command takes one argument
                if has_second and (meant := find_nearest(args[0], sorted(self.commands))):
                    ctx.fail(f"No such command {args[0]!r}. Did you mean {meant!r}?")
                args = [default, *args]
            return super().parse_args(ctx, args)

    return GroupWithDefault
