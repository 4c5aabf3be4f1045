"""Rooms are small enough to be read as a list; the Controller client and the log formats are usable without the lab."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.containment.test_purity import ROOMS
from tools.sources import read_sources

PACKAGE = Path(__file__).parents[2] / "containment"
FILES = sorted(path for room in ("controller_api", "logs") for path in (PACKAGE / room).glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_module_imports_only_its_room_and_pure_ones(path: Path) -> None:
    modules = [str(node.module) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import) for name in node.names]
    permitted = tuple(f"containment.{room}" for room in (path.parent.name, *ROOMS, "errors", "names", "reviewed_data", "strict_json"))
    assert [each for each in modules if each.startswith("containment") and not each.startswith(permitted)] == []


MOST_MODULES = 20
LISTS = {"policypack/rules"}
"""Folders with one module per item of a list that grows, where a name is all that one looks for."""


def find_large_folders(paths: Iterable[str]) -> dict[str, int]:
    """Return the folders with more modules than the limit, `__init__.py` included, each with its number."""
    modules = Counter(path.rpartition("/")[0] for path in paths)
    return {folder: number for folder, number in modules.items() if number > MOST_MODULES and folder not in LISTS}


def test_no_folder_has_more_modules_than_one_reads_at_once() -> None:
    found = find_large_folders(source.path for source in read_sources())
    assert found == {}, "group the modules of each folder into sub-folders by idea"


@pytest.mark.parametrize(("modules", "large"), [(MOST_MODULES, {}), (MOST_MODULES + 1, {"containment/observe": MOST_MODULES + 1})])
def test_a_module_above_the_limit_is_found(modules: int, large: dict[str, int]) -> None:
    deeper = [f"containment/observe/reading/{number}.py" for number in range(MOST_MODULES)]
    rules = [f"policypack/rules/{number}.py" for number in range(MOST_MODULES + 1)]
    assert find_large_folders([*deeper, *rules, *(f"containment/observe/{number}.py" for number in range(modules))]) == large
