"""The recorded state of a stack: from a file, from the lab of this folder, or from the Pulumi CLI."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from containment.errors import InputError, Problem
from containment.input_reader import InputReader
from containment.programs import find_program
from containment.queries.subject.state_policy import read_resources
from containment_lab.errors import EngineError, LabError
from containment_lab.formats.checkpoint_file import read_deployment
from containment_lab.formats.config import Project
from containment_lab.home import LabHome
from policypack.graph.resources import Resource
from policypack.stored_resources import load_resources

_WHY = "the rules need the stack's own resources as well as the live ones"
_SECONDS = 120


def read_deployed_states(named: Iterable[str], home: LabHome | None, folder: Path = Path()) -> list[tuple[str, list[Resource]]]:
    """Return title and resources of each deployed state.

    Args:
        named: files, or names of stacks of the lab or of Pulumi.
        home: the lab to read, or None for the Pulumi CLI.
        folder: folder of the Pulumi project.
    """
    reader = InputReader("states cannot be read")
    found = [(Path(one).name, reader.read(partial(_read_named, one, home, folder))) for one in named]
    reader.require()
    return [(title, state.value) for title, state in found]


def _read_named(name: str, home: LabHome | None, folder: Path) -> list[Resource]:
    path = Path(name)
    is_file = path.is_file() or path.suffix == ".json"
    return read_resources(path) if is_file else read_state(name, None, home, folder)


def read_state(stack: str, file: Path | None, home: LabHome | None, folder: Path = Path()) -> list[Resource]:
    """Return the resources of a stack's state; raise InputError, with what to give instead, if there is none."""
    if file is not None:
        return read_resources(file)
    return load_resources(read_deployment_document(stack, home, folder))


def read_deployment_document(stack: str, home: LabHome | None, folder: Path = Path()) -> Any:
    """Return a stack's state as an export has it, from the lab or else the Pulumi CLI; raise InputError if there is none."""
    return _export(stack, folder) if home is None else {"deployment": _read_lab(stack, home, folder)}


def _read_lab(stack: str, home: LabHome, folder: Path) -> dict[str, Any]:
    try:
        found = read_deployment(home.get_stack_file(Project.load(folder.resolve()).name, stack))
    except EngineError as error:
        raise _make_error(stack, error.what if isinstance(error, LabError) else str(error)) from None
    if not found:
        raise _make_error(stack, f"does not exist in the lab in {home.root}")
    return found


def _export(stack: str, folder: Path) -> Any:
    pulumi = find_program("pulumi")
    if pulumi is None:
        raise _make_error(stack, "has no state here: no lab is up in this folder and no `pulumi` is on PATH")
    try:
        done = subprocess.run(
            [pulumi, "stack", "export", "--stack", stack], cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
        if done.returncode:
            raise _make_error(stack, f"cannot be exported: {done.stderr.strip() or done.returncode}")
        return json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise _make_error(stack, f"cannot be exported: `pulumi stack export` took more than {_SECONDS} s") from None
    except ValueError as error:
        raise _make_error(stack, f"cannot be read: {error}") from None


def _make_error(stack: str, what: str) -> InputError:
    return InputError("state cannot be read", [Problem(stack, what, _WHY, "give --state FILE (written by `pulumi stack export`)")])
