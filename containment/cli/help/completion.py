"""Shell completion: stacks of the folder, keys of its Pulumi.yaml, rules of the policy pack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer


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
