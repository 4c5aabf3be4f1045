"""One lab for all tests that only read; each starts simulators once and ends them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.lab import Lab

STACKS = ("coding-monitor", "coding-enforce", "locked-down-monitor", "locked-down-enforce")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with the platform and the four stacks up, all at once on one Controller."""
    lab = Lab(tmp_path_factory.mktemp("deployed"))
    try:
        lab.platform()
        for stack in STACKS:
            lab.must("up", stack)
        yield lab
    finally:
        lab.down()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab of one's own, with nothing in it."""
    own = Lab(tmp_path / "home")
    own.home.mkdir()
    try:
        yield own
    finally:
        own.down()
