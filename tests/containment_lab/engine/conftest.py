"""The kit, importable by the tests of this folder, and benches of its two sets of programs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.recordings import EXTRA, KIT

sys.path.insert(0, str(Path(__file__).parent))

from kit import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench.at(tmp_path, EXTRA) as found:
        yield found


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Bench]:
    with Bench.at(tmp_path, KIT) as found:
        yield found
