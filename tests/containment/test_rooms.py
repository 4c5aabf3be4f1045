"""The Controller client and the log formats are usable without the lab."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.containment.test_purity import ROOMS

PACKAGE = Path(__file__).parents[2] / "containment"
FILES = sorted(path for room in ("controller_api", "logs") for path in (PACKAGE / room).glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_module_imports_only_its_room_and_pure_ones(path: Path) -> None:
    modules = [str(node.module) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import) for name in node.names]
    permitted = tuple(f"containment.{room}" for room in (path.parent.name, *ROOMS, "errors", "names", "reviewed_data", "strict_json"))
    assert [each for each in modules if each.startswith("containment") and not each.startswith(permitted)] == []
