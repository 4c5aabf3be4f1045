"""Reference tables rendered from code: configuration keys, the policy pack's rules, and the commands' own help."""

from __future__ import annotations

import json
from collections.abc import Callable

from containment.host.contents import host_files
from containment.host.host_file import HostFile
from containment.model.config import StackConfig
from containment.model.declared import declared
from containment.model.parse import alias_of
from containment.model.preset import Harness, Library
from containment.model.spec import resolve
from containment.verify.markdown import table

PLAIN = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
"""Help does not depend on who asks for it."""


def config_keys(_: Library) -> str:
    """Every configuration key with its default, what it does, why it matters and the fix."""
    rows = []
    keys = declared()
    for name, field in StackConfig.model_fields.items():
        key = alias_of(name)
        said = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "**required**" if field.is_required() else f"`{json.dumps(keys[key]['default'], default=str)}`"
        rows.append((f"`{key}`", str(keys[key]["type"]), default, field.description or "", str(said.get("why", ""))))
    return table(("key", "type", "default", "meaning", "why it matters"), rows)


def policy_rules(_: Library) -> str:
    """Every rule of the policy pack."""
    from policypack.registry import RULES

    rows = [(f"[`{rule.id}`](#{rule.id})", rule.severity.value, rule.info, rule.scope.value, ", ".join(rule.ids) or "-") for rule in RULES]
    return table(("rule", "severity", "holds when kept", "judges", "same demand elsewhere"), rows)


def preflight_checks(_: Library) -> str:
    """Every check of preflight."""
    from containment.verify.preflight.registry import CHECKS

    rows = [(f"`{check.id}`", check.asks.value, check.holds, check.why, check.reads, check.fix) for check in CHECKS]
    return table(("check", "asks", "passes when", "why", "reads", "fix"), rows)


def host_files_table(library: Library) -> str:
    """Every file that lands on a host, with the harnesses it comes with."""
    lands: dict[str, tuple[HostFile, list[str]]] = {}
    for harness in Harness:
        spec = resolve({"awsAccessAccount": "any", "installMode": harness.value}, library, "any")
        for file in host_files(spec):
            lands.setdefault(file.path, (file, []))[1].append(harness.value)
    rows = [
        (f"`{path}`", file.permissions, "every host" if len(with_) == len(Harness) else ", ".join(with_), file.why)
        for path, (file, with_) in lands.items()
    ]
    return table(("file", "mode", "lands with", "what it is for"), rows)


def help_of(*words: str) -> Callable[[Library], str]:
    """Return a renderer of a command's own `--help`."""

    def render(_: Library) -> str:
        from typer.testing import CliRunner

        from containment.cli.app import build

        said = CliRunner().invoke(build(), [*words, "--help"], prog_name="containment", env=PLAIN)
        assert said.exit_code == 0, f"containment {' '.join(words)} --help: {said.output}"
        return f"```\n{said.output.strip()}\n```\n"

    return render
