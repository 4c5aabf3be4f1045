"""Every error of the lab that a user can see says what is wrong and where, why that matters, and what to do."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import containment_lab
from containment.errors import ContainmentError, InputError
from containment_lab.errors import EngineError, LabError
from containment_lab.providers.handler import UnservedError

ROOT: Final = Path(containment_lab.__file__).parent
IN_WORDS_OF_OTHERS: Final = {
    "EngineError": "about a resource of the program, in the words of the official engine",
    "PartialFailureError": "a provider's answer, in the words of the official engine",
    "ProtectedError": "in the words of the official engine",
    "containment_lab.providers.handler.RefusedError": "in the words of AWS, of Aviatrix's provider, or of the Controller",
    "containment_lab.controller.errors.RefusedError": "in the words of the Controller",
    "SchemaError": "a defect of the lab: its own configuration of Envoy has an unknown field",
}
"""Errors whose text another program has, or that no user causes."""
OF_RESOURCES: Final = {
    "engine/executor.py",
    "engine/monitor.py",
    "engine/planner.py",
    "engine/policy.py",
    "engine/providers.py",
    "engine/steps.py",
}
OF_RESOURCES_TOO: Final = {"formats/config.py", "formats/state.py", "formats/values.py"}
"""The modules that judge resources of a program, their values and their configuration, where the official engine's words stay."""


def _list_classes() -> list[type[ContainmentError]]:
    for module in pkgutil.walk_packages([str(ROOT)], "containment_lab."):
        if not module.name.endswith("__main__") and "samples" not in module.name:
            importlib.import_module(module.name)
    found, queue = dict[str, type[ContainmentError]](), list[type[ContainmentError]]([ContainmentError])
    while queue:
        for one in queue.pop().__subclasses__():
            queue.append(one)
            if one.__module__.startswith("containment_lab"):
                found[f"{one.__module__}.{one.__qualname__}"] = one
    return [found[name] for name in sorted(found)]


CLASSES: Final = _list_classes()


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_an_error_of_the_lab_has_a_reason_and_a_fix(kind: type[ContainmentError]) -> None:
    if {kind.__name__, f"{kind.__module__}.{kind.__name__}"} & IN_WORDS_OF_OTHERS.keys():
        assert not issubclass(kind, LabError | UnservedError | InputError)
        return
    assert issubclass(kind, LabError | UnservedError | InputError)
    if issubclass(kind, InputError):
        return
    parameters = inspect.signature(kind).parameters
    assert parameters["fix"].default is inspect.Parameter.empty
    given = {name: f"the {name}" for name in ("why", "fix") if name in parameters}
    text = str(kind("here: is wrong", **given))
    assert text.splitlines()[0] == "here: is wrong"
    assert [line.strip().partition(": ")[0] for line in text.splitlines()[1:]] == ["why", "fix"]
    assert text.endswith("fix: the fix")


def test_an_error_of_the_lab_without_a_fix_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="explains nothing"):
        LabError("here: is wrong", why="it matters", fix="")


def _find_raised(name: str) -> Iterator[str]:
    """Yield the modules that make an error of a class."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield str(path.relative_to(ROOT))


def test_only_the_judges_of_resources_use_the_words_of_the_official_engine() -> None:
    assert set(_find_raised(EngineError.__name__)) <= OF_RESOURCES | OF_RESOURCES_TOO


def test_what_the_lab_does_not_serve_is_refused_with_a_fix() -> None:
    """A refusal that names the lab is none of AWS's."""
    plain = []
    for path in sorted((ROOT / "providers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "RefusedError":
                text = ast.unparse(node)
                if "the lab" in text and "describe_images" not in text:
                    plain.append(f"{path.name}: {text}")
    assert plain == []
