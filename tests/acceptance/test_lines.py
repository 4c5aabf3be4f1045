"""Every line of the acceptance lists names tests that exist and the one in which a planted failure is found, or why there is none."""

from __future__ import annotations

from collections import Counter

import pytest

from containment.catalog.preset import Harness
from containment.loaders.presets import find_class_names
from tests.acceptance.lists import count_lines, find_problems, is_left_to_packets, load_lists, read_functions
from tests.components.aws.test_operator_policy import PRINCIPALS
from tests.containment.bundle_update.test_agent_attempts import ATTEMPTS as UPDATER_ATTEMPTS
from tests.containment.discovery.planted import LISTED
from tests.containment.renderings.test_widenings import WIDENINGS
from tests.deployment.launcher.attempts import ATTEMPTS, LAYERS
from tests.support.classes import SHIPPED

LISTS = load_lists()
NAMES = sorted({name for lines in LISTS.values() for line in lines.values() for name in line.list_names()})


@pytest.mark.parametrize("name", NAMES)
def test_a_named_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    assert function.startswith("test_")
    assert function in read_functions(file), name


def test_every_list_is_here() -> None:
    assert [name[0] for name in LISTS] == [*"abcdefghijklmn"]


def test_every_line_has_a_test_and_a_planted_failure_or_a_reason() -> None:
    assert find_problems(LISTS) == []


@pytest.mark.parametrize(
    "document",
    [
        {"line": "x", "tests": ["a.py::test_x"]},
        {"line": "x", "planted": "a.py::test_x"},
        {"line": "x"},
        {"line": "", "tests": ["a.py::test_x"], "planted": "a.py::test_x"},
        {"line": "x", "tests": [], "planted": "", "lacks": ""},
    ],
)
def test_a_line_without_them_is_found(document: dict[str, object]) -> None:
    assert find_problems(load_lists({"z": {"one": document}})) != []


def test_every_line_has_a_test_in_each_run() -> None:
    """What `make packets` alone runs is seen seldom."""
    late = {name for name in NAMES if is_left_to_packets(name)}
    assert late, "the marks were read"
    for lines in LISTS.values():
        for key, line in lines.items():
            assert not line.is_covered or ({*line.tests} - late and line.planted not in late), key


def test_no_function_is_the_planted_failure_of_most_lines() -> None:
    """A test that is named everywhere would defend nothing in particular."""
    counts = Counter(line.planted for lines in LISTS.values() for line in lines.values() if line.planted)
    assert max(counts.values()) <= 2, counts.most_common(3)


def test_the_numbers_of_the_lists_hold() -> None:
    assert len(ATTEMPTS) >= 60
    assert all(sum(layer in each.by for each in ATTEMPTS) >= 6 for layer in LAYERS)
    assert len(WIDENINGS) >= 25
    assert (len(SHIPPED), len(Harness)) == (7, 4)
    assert {*SHIPPED} <= find_class_names()
    assert len(UPDATER_ATTEMPTS) >= 15
    assert len(PRINCIPALS) >= 8
    assert LISTED >= 25


def test_the_counts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    counts = count_lines(LISTS)
    with capsys.disabled():
        print()
        for name, one in counts.items():
            print(f"{name}: {one.covered} of {one.all} lines have a test with a planted failure; {one.partly} of them lack a part")
    assert all(one.covered >= 1 for one in counts.values())
