"""Where a stack's state comes from: a file, the lab of this folder, or the official Pulumi CLI."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from containment.lab.errors import EngineError
from containment.lab.formats.checkpoint import read_deployment
from containment.lab.formats.config import Project
from containment.lab.home import LabHome
from containment.model.errors import InputError, Problem
from containment.verify.state_policy import read_resources
from policypack.graph import Resource
from policypack.stored import resources_in

_WHY = "the rules need the stack's own resources as well as the live ones"
_SECONDS = 120


def deployed_states(named: Iterable[str], home: LabHome | None, folder: Path = Path()) -> list[tuple[str, list[Resource]]]:
    """Return the resources of deployed states with their titles: each is a file, or the name of a stack of the lab or of Pulumi."""
    found = []
    for one in named:
        path = Path(one)
        is_file = path.is_file() or path.suffix == ".json"
        found.append((path.name, read_resources(path) if is_file else state_of(one, None, home, folder)))
    return found


def state_of(stack: str, file: Path | None, home: LabHome | None, folder: Path = Path()) -> list[Resource]:
    """Return the resources of a stack's state; raises InputError with what to give when there is none."""
    if file is not None:
        return read_resources(file)
    if home is not None:
        return resources_in({"deployment": _lab(stack, home, folder)})
    return resources_in(_exported(stack, folder))


def _lab(stack: str, home: LabHome, folder: Path) -> dict[str, Any]:
    try:
        found = read_deployment(home.stack_file(Project.load(folder.resolve()).name, stack))
    except EngineError as error:
        raise _error(stack, str(error)) from None
    if not found:
        raise _error(stack, f"does not exist in the lab in {home.root}")
    return found


def _exported(stack: str, folder: Path) -> Any:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise _error(stack, "has no state here: no lab is up in this folder and no `pulumi` is on PATH")
    try:
        done = subprocess.run(
            [pulumi, "stack", "export", "--stack", stack], cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            raise _error(stack, f"cannot be exported: {done.stderr.strip() or done.returncode}")
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise _error(stack, f"cannot be exported: `pulumi stack export` took more than {_SECONDS} s") from None
    except ValueError as error:
        raise _error(stack, f"cannot be read: {error}") from None


def _error(stack: str, what: str) -> InputError:
    return InputError("state cannot be read", [Problem(stack, what, _WHY, "give --state FILE (what `pulumi stack export` prints)")])
