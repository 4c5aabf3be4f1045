"""A desk, the state of a stack and a bundle with every result, for the tests of evidence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from containment.evidence.make import MadeBundle
from tests.containment.evidence.desk import Desk, build_result, build_state


@pytest.fixture(scope="session")
def state() -> dict[str, Any]:
    """Return the state of the stack."""
    return build_state()


@pytest.fixture(scope="module", autouse=True)
def nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no lab and no Pulumi of this machine take part."""
    empty = tmp_path_factory.mktemp("nowhere")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINMENT_LAB_HOME", str(empty / "no-lab"))
        patch.setenv("PATH", str(empty))
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a folder with a stack and a key."""
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(folder)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a folder for tests that change no file in it."""
    return Desk(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="session")
def made(shared: Desk, state: dict[str, Any]) -> MadeBundle:
    """Return a bundle of the shared folder with a state and results in which nothing failed."""
    return shared.make(state=shared.write("state.json", state), results=(shared.write("report.json", build_result()),))


@pytest.fixture(scope="session")
def bare(shared: Desk) -> MadeBundle:
    """Return a bundle of the shared folder without a state and without results."""
    return shared.make()
