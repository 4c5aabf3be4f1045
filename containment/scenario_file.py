"""Reads tables of what an agent may try (`tests/scenarios/<name>.yaml`), with every mistake told by file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from containment import strict_yaml
from containment.library import problems_of
from containment.model.errors import InputError, Problem
from containment.model.scenario import ScenarioTable

Table = TypeVar("Table", bound=BaseModel)


def read_scenarios(path: Path) -> ScenarioTable:
    """Return the table of a file; raises InputError."""
    return read_table(path, ScenarioTable, "scenario table")


def read_table(path: Path, model: type[Table], what: str) -> Table:
    """Return a file's rows of what an agent may try, as `model`; raises InputError, in which the file is called `what`."""
    try:
        document: Any = strict_yaml.read(path)
    except (OSError, ValueError) as error:
        why = "what is not tried is not known to hold"
        raise InputError(
            f"{path} cannot be read", [Problem(str(path), f"cannot be read: {error}", why, "restore or mend the file")]
        ) from None
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InputError(f"{path} is no {what}", problems_of(str(path), error)) from None
