"""References rendered from code: tables of configuration keys, rules, checks, host files and exit codes, and JSON Schemas.

The schemas are of files that people write, by which editors complete and check them, made from the models of their loaders.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from containment.catalog.preset import Harness, Library
from containment.config.parser import get_alias
from containment.config.pulumi_format.project_file import declare_keys
from containment.config.spec import resolve
from containment.config.stack_config import StackConfig
from containment.fleet.loader import SITE_NAME, FleetFile
from containment.host.contents import build_host_files
from containment.host.host_file import HostFile
from containment.preflight.untried_items import NOT_RUN
from containment.vending.agent import AgentContent
from tools.documentation.markdown import format_table

SCHEMA_FOLDER: Final = "docs/schema"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1", "TERM": "dumb"}
"""Environment for rendering help, so that it does not depend on the terminal."""


def render_config_keys(_: Library) -> str:
    """Render every configuration key with default, meaning and reason."""
    rows = []
    keys = declare_keys()
    for name, field in StackConfig.model_fields.items():
        key = get_alias(name)
        said = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "**required**" if field.is_required() else f"`{json.dumps(keys[key]['default'], default=str)}`"
        rows.append(
            (f"`{key}`", str(keys[key].get("type", "list of names or entries")), default, field.description or "", str(said.get("why", "")))
        )
    return format_table(("key", "type", "default", "meaning", "why it matters"), rows)


def render_policy_rules(_: Library) -> str:
    """Render every rule of the policy pack."""
    from policypack.registry import RULES

    rows = [
        (f"[`{rule.id}`]({rule.id}.md)", rule.severity.value, rule.info, rule.scope.value, ", ".join(rule.ids) or "-") for rule in RULES
    ]
    return format_table(("rule", "severity", "property", "scope", "same demand elsewhere"), rows)


def render_preflight_checks(_: Library) -> str:
    """Render every check of preflight."""
    from containment.preflight.registry import CHECKS

    rows = [(f"`{check.id}`", check.asks.value, check.holds, check.why, check.reads, check.fix) for check in CHECKS]
    return format_table(("check", "system", "passes if", "why", "reads", "fix"), rows)


def render_host_files(library: Library) -> str:
    """Render every file on a host, with the harnesses that bring it."""
    lands: dict[str, tuple[HostFile, list[str]]] = {}
    for harness in Harness:
        spec = resolve({"awsAccessAccount": "any", "installMode": harness.value}, library, "any")
        for file in build_host_files(spec):
            lands.setdefault(file.path, (file, []))[1].append(harness.value)
    rows = [
        (f"`{path}`", file.permissions, "every host" if len(with_) == len(Harness) else ", ".join(with_), file.why)
        for path, (file, with_) in lands.items()
    ]
    return format_table(("file", "mode", "present with", "purpose"), rows)


def render_exit_codes(_: Library) -> str:
    """Render every exit code with its meaning and its commands."""
    from containment.cli.help.exit_codes import HELP_ENDS, get_codes
    from containment.exit_code import Exit

    rows = []
    for code in Exit:
        ending = [command for command in HELP_ENDS if code in get_codes(command)]
        which = "every command" if len(ending) == len(HELP_ENDS) else ", ".join(f"`{command}`" for command in ending)
        rows.append((str(int(code)), code.meaning, which))
    return format_table(("code", "meaning", "commands"), rows)


def render_not_run(_: Library) -> str:
    """Render every entry of what was never run."""
    rows = [(each.system.value, each.what, each.open_question, each.try_first, each.since.isoformat()) for each in NOT_RUN]
    return format_table(("on", "never tried", "open question", "try first", "listed"), rows)


def render_bundle_codes(_: Library) -> str:
    """Render every refusal of a bundle."""
    from containment.bundle.refusal import BundleCode

    return format_table(("code", "cause", "fix"), [(f"`{code.value}`", code.meaning, code.fix) for code in BundleCode])


def render_updater_help(_: Library) -> str:
    """Render the `--help` output of the updater of bundles."""
    from containment.bundle_update.command_line import find_help

    return f"```\n{find_help().strip()}\n```\n"


def make_launcher_help_renderer(*words: str) -> Callable[[Library], str]:
    """Return a renderer of the `--help` output of the launcher, or of one of its commands."""

    def render(_: Library) -> str:
        from containment.launcher.command_line import find_help

        return f"```\n{find_help(*words).strip()}\n```\n"

    return render


def make_help_renderer(*words: str) -> Callable[[Library], str]:
    """Return a renderer of a command's `--help` output."""
    return lambda _: f"```\n{read_help(*words)}\n```\n"


def read_help(*words: str) -> str:
    """Return the `--help` output of a command."""
    from typer.testing import CliRunner

    from containment.cli.app import build

    said = CliRunner().invoke(build(words), [*words, "--help"], prog_name="containment", env=PLAIN)
    assert said.exit_code == 0, f"containment {' '.join(words)} --help: {said.output}"
    return said.output.strip()


def build_agent_schema() -> dict[str, Any]:
    """Return the JSON Schema of agent files."""
    schema = _build_schema(AgentContent, "Agent file (agents/<name>.yaml)")
    schema["properties"]["forbiddenActions"]["uniqueItems"] = True
    return schema


def build_fleet_schema() -> dict[str, Any]:
    """Return the JSON Schema of fleet.yaml."""
    schema = _build_schema(FleetFile, "Sites of a fleet (fleet.yaml)")
    schema["properties"]["default"] = {"type": "string", "description": schema["properties"]["default"]["description"]}
    schema["properties"]["sites"]["propertyNames"] = {"pattern": f"^{SITE_NAME.pattern}$"}
    return schema


def render_schemas(root: Path) -> Mapping[str, str]:  # noqa: ARG001 - the signature of all families of pages
    """Return file name -> content of every schema."""
    built = {"agent.schema.json": build_agent_schema(), "fleet.schema.json": build_fleet_schema()}
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in built.items()}


def _build_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True)
    for part in (schema, *schema["$defs"].values()):
        for key in part.get("properties", {}).values():
            key.pop("title", None)  # pydantic's title is the key in another spelling
    return {"$schema": _DIALECT, **schema, "title": title}
