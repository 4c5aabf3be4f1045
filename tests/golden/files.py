"""The golden files, what each is made of, and their differences in words."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.golden.json_fields import json_fields
from tests.golden.names import command_line, configuration_keys, exit_codes, firewall_rules, ids
from tests.golden.resources import component_tokens, urns

FOLDER = Path(__file__).parent


def current() -> dict[str, list[str]]:
    """Return file name -> lines, as the code gives them now."""
    resources = list(urns())
    with tempfile.TemporaryDirectory() as empty:
        documents = list(json_fields(Path(empty)))
    return {
        "resources.txt": resources,
        "component-tokens.txt": component_tokens(resources),
        "ids.txt": list(ids()),
        "firewall-rules.txt": list(firewall_rules()),
        "configuration-keys.txt": list(configuration_keys()),
        "command-line.txt": list(command_line()),
        "exit-codes.txt": list(exit_codes()),
        "json-fields.txt": documents,
    }


def differences(name: str, lines: Sequence[str]) -> str:
    """Return the lines that are gone (-) and new (+) in a golden file, each under the heading it belongs to; empty where none differ."""
    path = FOLDER / name
    if not path.exists():
        return f"{name} is missing: run `python -m tests.golden --write`"
    before = path.read_text(encoding="utf-8").splitlines()
    if before == list(lines):
        return ""
    shown = [line.rstrip() for line in difflib.unified_diff(before, list(lines), n=1, lineterm="")][2:]
    return "\n".join([f"tests/golden/{name}: users, state files or scripts depend on these names", *shown])
