"""Groups of commands with a default: `attest STACK` is short for `attest run STACK`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


def make_group(default: str) -> type[TyperGroup]:
    """Return a class of groups in which a word that is no command of the group is an argument of the command `default`."""

    class GroupWithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
                args = [default, *args]
            return super().parse_args(ctx, args)

    return GroupWithDefault
