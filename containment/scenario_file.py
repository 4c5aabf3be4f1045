"""Reads scenario tables: `tests/scenarios/<name>.yaml`, with every mistake told by file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from containment.library import EveryKeyOnce, problems_of
from containment.model.errors import InputError, Problem
from containment.model.scenario import ScenarioTable


def read_scenarios(path: Path) -> ScenarioTable:
    """Return the table of a file; raises InputError."""
    try:
        document: Any = yaml.load(path.read_text(encoding="utf-8"), EveryKeyOnce)  # noqa: S506 - a SafeLoader
        return ScenarioTable.model_validate(document)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = "what is not tried is not known to hold"
        raise InputError(
            f"{path} cannot be read", [Problem(str(path), f"cannot be read: {error}", why, "restore or mend the file")]
        ) from None
    except ValidationError as error:
        raise InputError(f"{path} is no scenario table", problems_of(str(path), error)) from None
