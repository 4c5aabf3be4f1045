"""Names that stack files, waivers and scripts contain: rule ids, checks, configuration keys, commands with their options, exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

from containment.analysis.proofs import prove
from containment.bundle_update.command_line import build_parser
from containment.cli.help.exit_codes import HELP_ENDS, get_codes
from containment.config.pulumi_format.project_file import declare_keys
from containment.config.spec import resolve
from containment.exit_code import Exit
from containment.launcher.command_line import find_commands
from containment.loaders.presets import load_library
from containment.policy.builder import build_ruleset
from containment.preflight.registry import CHECKS
from containment.queries.subject.subjects import read_subject
from containment.risk.kinds import KINDS
from containment.risk.threats import ENTRIES
from policypack.registry import RULES
from tests.containment.cli.commands import commands
from tests.support.child import REPOSITORY
from tests.support.classes import SHIPPED


def ids() -> Iterator[str]:
    """Yield the ids of the pack's rules, of preflight's checks, of the proofs, of firewall rules and of risks, with what may not change."""
    yield from (f"rule {rule.id} {rule.severity.value}" for rule in RULES)
    yield from (f"preflight {check.id}" for check in CHECKS)
    yield from (f"proof {proof.id}" for proof in prove(read_subject("coding-enforce", None, {}, REPOSITORY)))
    yield from sorted({f"risk {kind.id}" for kind in KINDS})
    yield from (f"threat {entry.id}" for entry in ENTRIES)


def configuration_keys() -> Iterator[str]:
    """Yield each key of a stack file with its type and default."""
    for key, value in declare_keys().items():
        yield f"{key} {value.get('type', 'list')} {json.dumps(value.get('default'), default=str)}"


def command_line() -> Iterator[str]:
    """Yield each command, its arguments and its options with the values they take."""
    for words, command in sorted(commands()):
        yield " ".join(words)
        for param in sorted(command.params, key=lambda each: (each.param_type_name, each.name)):
            yield f"    {_parameter(param)}"
    yield from _launcher_command_line()


def _launcher_command_line() -> Iterator[str]:
    """Yield the commands of the launcher and of the updater, which have parsers of their own."""
    named = {f"containment-sandbox {name}": parser for name, parser in find_commands().items()}
    for words, parser in sorted((named | {"containment-bundle-update": build_parser()}).items()):
        yield words
        for action in sorted(parser._actions, key=lambda each: (not each.option_strings, each.dest)):
            kind = "flag" if action.nargs == 0 else getattr(action.type, "__name__", "str").lower()
            word = " ".join(["option", *sorted(action.option_strings)]) if action.option_strings else f"argument {action.dest.upper()}"
            yield f"    {word}: {kind}{' required' if action.required else ''}"


def _parameter(param: Any) -> str:
    spellings = sorted([*param.opts, *param.secondary_opts]) if param.param_type_name == "option" else [param.name.upper()]
    many = " repeatable" if param.nargs == -1 or param.multiple else ""
    return f"{param.param_type_name} {' '.join(spellings)}: {_values(param)}{many}{' required' if param.required else ''}"


def _values(param: Any) -> str:
    """Return the values of an enum, else the name of the type; a class's own name may change."""
    annotation = param.type_descriptor.annotation
    kind = next(iter(get_args(annotation)), annotation)
    if getattr(param, "is_flag", False):
        return "flag"
    return "|".join(str(each.value) for each in kind) if issubclass(kind, Enum) else kind.__name__.lower()


def exit_codes() -> Iterator[str]:
    """Yield each command with the codes it ends with, and each code."""
    yield from (f"code {int(code)}" for code in Exit)
    yield from (f"{command}: {' '.join(str(int(code)) for code in get_codes(command))}" for command in sorted(HELP_ENDS))


def firewall_rules() -> Iterator[str]:
    """Yield the rules of each shipped class by priority and name: they are what logs and tickets name."""
    library = load_library()
    for name in SHIPPED:
        spec = resolve({"awsAccessAccount": "a", "agentClass": name, "agentImageId": "ami-00000000"}, library, f"{name}-monitor")
        yield f"# {name}"
        yield from (f"{rule.priority} {rule.name}" for rule in build_ruleset(spec).rules)
