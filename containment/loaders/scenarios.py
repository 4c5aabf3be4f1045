"""Loader of scenario tables, the attempts of an agent (`tests/scenarios/<name>.yaml`): every mistake by file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from containment.errors import InputError, Problem
from containment.loaders import strict_yaml
from containment.loaders.presets import convert_findings
from containment.policy.scenario import ScenarioTable

Table = TypeVar("Table", bound=BaseModel)


def read_scenarios(path: Path) -> ScenarioTable:
    """Read a scenario table; raises InputError."""
    return read_table(path, ScenarioTable, "a scenario table")


def read_table(path: Path, model: type[Table], what: str) -> Table:
    """Read a table of scenarios as `model`; raises InputError, which says that the file is not `what`."""
    try:
        document: Any = strict_yaml.read(path)
    except (OSError, ValueError) as error:
        why = "a scenario that does not run proves nothing"
        what, fix = strict_yaml.explain_error(error)
        what = f"cannot be read: {what.removeprefix('cannot be read: ')}"
        raise InputError(f"{path} cannot be read", [Problem(str(path), what, why, fix)]) from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{path} is not {what}", convert_findings(str(path), error, model)) from None
