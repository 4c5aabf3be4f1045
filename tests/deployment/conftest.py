"""One lab for all tests that only read; each starts simulators once and ends them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.deployment.lab import PACK, Lab
from tests.deployment.seed.company import options
from tests.deployment.seed.read_back import STACKS as EVERY_STACK

STACKS = ("coding-monitor", "coding-enforce")


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with the platform and one class up in both modes, at once on one Controller."""
    with Lab(tmp_path_factory.mktemp("deployed")) as lab:
        lab.platform()
        with ThreadPoolExecutor(2) as workers:
            for _ in workers.map(lambda stack: lab.must("up", stack, "--skip-preview"), STACKS):
                pass
        yield lab


@pytest.fixture(scope="module")
def every_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with the platform and every class in both modes up at once, each with what a company brings."""
    with Lab(tmp_path_factory.mktemp("every-stack")) as lab:
        lab.platform()
        with ThreadPoolExecutor(2) as workers:  # stacks of one Controller come up side by side, as people's do
            for _ in workers.map(lambda stack: _bring_up(lab, stack), EVERY_STACK):
                pass
        yield lab


def _bring_up(lab: Lab, stack: str) -> None:
    """Bring a company's stack up; the pack looks on at one class, for `tests/policypack/test_product` has it judge them all."""
    agent_class = stack.rpartition("-")[0]
    lab.must("up", stack, "--skip-preview", *options(agent_class), pack=PACK if agent_class == "coding" else None)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A lab of one's own, with nothing in it."""
    own = Lab(tmp_path / "a-home-whose-path-is-longer-than-the-107-characters-of-a-socket-name")
    own.home.mkdir()
    with own:
        yield own
