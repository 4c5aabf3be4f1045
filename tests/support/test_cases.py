"""A shorter run keeps some cases of every test that is not long, chooses the same ones each time, and says what it left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cases import choose_cases

REPOSITORY = Path(__file__).parents[2]
MOST_LONG = 0.05
"""Share of the tests that may be long, so that `make test` stays a run of nearly all tests."""
SUITE = """
import pytest

@pytest.mark.parametrize("n", range(9))
def test_many(n): pass

def test_one(): pass

@pytest.mark.long
@pytest.mark.parametrize("n", range(3))
def test_long(n): pass
"""


def run_pytest(folder: Path, *options: str) -> str:
    """Run the hooks of this repository's suite on a small one; return what is printed."""
    (folder / "test_small.py").write_text(SUITE)
    (folder / "conftest.py").write_text("from tests.conftest import *\n")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    long: takes long\n")
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:anyio", f"--basetemp={folder / 'base'}", *options, "test_small.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    ended = subprocess.run(
        words, cwd=folder, env={**environment, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_every_test_keeps_as_many_cases_as_it_may() -> None:
    cases = ["a.py::test_a", *(f"a.py::test_b[{n}]" for n in range(30)), *(f"b.py::test_b[{n}]" for n in range(3))]
    chosen = choose_cases(cases, 5)
    assert {case.partition("[")[0] for case in chosen} == {case.partition("[")[0] for case in cases}
    assert len(chosen) == 1 + 5 + 3
    assert choose_cases(reversed(cases), 5) != []
    assert {*choose_cases(reversed(cases), 5)} == {*chosen}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_shorter_run_says_what_it_left_out(tmp_path: Path, workers: str) -> None:
    printed = run_pytest(tmp_path, "-n", workers, "--cases", "4")
    assert "LEFT OUT: 5 cases beyond 4 of a test, and 1 long tests; `make test-all` runs them" in printed
    assert "5 passed" in printed


def test_a_whole_run_leaves_nothing_out(tmp_path: Path) -> None:
    printed = run_pytest(tmp_path)
    assert "13 passed" in printed
    assert "LEFT OUT" not in printed


def test_few_tests_are_long() -> None:
    long = every = 0
    for file in (REPOSITORY / "tests").rglob("test_*.py"):
        text = file.read_text()
        found = len(re.findall(r"^ *def test_", text, re.MULTILINE))
        every += found
        of_all = re.search(r"^pytestmark = (\[[^\]]*\]|.*)", text, re.MULTILINE)
        long += found if of_all and "mark.long" in of_all[1] else text.count("@pytest.mark.long\n")
    assert 0 < long <= MOST_LONG * every, f"{long} of {every} tests are long: make some of them shorter"
