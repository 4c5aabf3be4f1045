"""All rules of the pack, found by file: adding a file under `rules/` adds a rule, deleting it removes the rule."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Final

from policypack.finding import Rule


def load_rules() -> tuple[Rule, ...]:
    """Return every rule of this package's own `rules/` folder, sorted by id."""
    folder = Path(__file__).parent / "rules"
    found = []
    for module in pkgutil.iter_modules([str(folder)]):
        rule = importlib.import_module(f"policypack.rules.{module.name}").RULE
        assert isinstance(rule, Rule)
        assert rule.id.replace("-", "_") == module.name, f"{module.name}.py contains the rule {rule.id}; rename the file or the rule"
        found.append(rule)
    return tuple(sorted(found, key=lambda rule: rule.id))


RULES: Final[tuple[Rule, ...]] = load_rules()
