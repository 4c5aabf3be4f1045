"""No module needs itself through others, not even by an import inside a function: a reader can start with the lowest one."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

PACKAGES = ("components", "containment", "containment_lab", "policypack", "tools")


def find_cycle(imports: Mapping[str, set[str]]) -> list[str]:
    """Return modules of which each is imported by the next and the last is the first; nothing where there is no cycle."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def test_no_module_takes_part_in_a_cycle_of_imports() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    assert find_cycle({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}) == []


@pytest.mark.parametrize(
    ("imports", "cycle"),
    [
        ({"a": {"b", "c"}, "b": {"c"}, "c": set()}, set()),
        ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, {"b", "c"}),
        ({"a": {"a"}}, {"a"}),
    ],
)
def test_a_cycle_is_found(imports: dict[str, set[str]], cycle: set[str]) -> None:
    assert set(find_cycle(imports)) == cycle
