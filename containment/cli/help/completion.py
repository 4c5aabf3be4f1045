"""Shell completion: stacks of the folder, keys of its Pulumi.yaml, rules of the policy pack.

Groups of commands with a default: `attest STACK` is short for `attest run STACK`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup


def complete_stack_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the folder's stack files."""
    return _select_matching(
        (path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in _find_folder(ctx).glob("Pulumi.*.yaml")), incomplete
    )


def complete_config_keys(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the configuration keys in the folder's Pulumi.yaml, each with its `=`."""
    from containment.loaders import strict_yaml

    try:
        project = strict_yaml.read(_find_folder(ctx) / "Pulumi.yaml")
    except (OSError, ValueError):  # a shell shows no message, so there is nothing to complete
        return []
    declared = project.get("config") if isinstance(project, dict) else None
    return _select_matching((f"{str(key).rpartition(':')[2]}=" for key in declared), incomplete) if isinstance(declared, dict) else []


def complete_rule_ids(incomplete: str) -> list[str]:
    """Return the ids of the policy pack's rules."""
    from policypack.registry import RULES

    return _select_matching((rule.id for rule in RULES), incomplete)


def _find_folder(ctx: typer.Context) -> Path:
    """Return the folder of the --cwd option, whose parameter has another name in each command."""
    named = next((option.name for option in ctx.command.params if "--cwd" in option.opts), None)
    return Path(ctx.params.get(named or "") or ".")


def _select_matching(values: Iterable[str], incomplete: str) -> list[str]:
    return sorted(value for value in values if value.startswith(incomplete))


def make_group(default: str) -> type[TyperGroup]:
    """Return a class of groups in which a word that is no command of the group is an argument of the command `default`."""

    class GroupWithDefault(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
                args = [default, *args]
            return super().parse_args(ctx, args)

    return GroupWithDefault
