"""Every line of the acceptance lists names tests that exist, and the one in which a planted failure is found."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.catalog.preset import Harness
from containment.loaders.presets import find_class_names
from tests.containment.renderings.test_widenings import WIDENINGS
from tests.deployment.launcher.attempts import ATTEMPTS, LAYERS

TESTS = Path(__file__).parents[1]
LISTS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("lines.yaml").read_text(encoding="utf-8"))
NAMES = sorted({name for lines in LISTS.values() for line in lines.values() for name in (*line["tests"], line["planted"])})


@functools.cache
def list_functions(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("name", NAMES)
def test_a_named_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    assert function in list_functions(file), name


def test_every_line_has_a_test_and_a_planted_failure() -> None:
    for lines in LISTS.values():
        for line in lines.values():
            assert line["line"]
            assert line["tests"]
            assert line["planted"]


def test_the_numbers_of_the_lists_hold() -> None:
    assert len(ATTEMPTS) >= 60
    assert all(sum(layer in each.by for each in ATTEMPTS) >= 6 for layer in LAYERS)
    assert len(WIDENINGS) >= 25
    assert (len(find_class_names()), len(Harness)) == (7, 4)
