"""One machine for all tests of the tasks, because it is expensive."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.scopes import TaskScope, read_scopes
from tests.tasks.world import World, find_refusal, start_world


@pytest.fixture(scope="package")
def scopes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TaskScope]:
    return read_scopes(tmp_path_factory.mktemp("presets"))


@pytest.fixture(scope="package")
def world(scopes: dict[str, TaskScope]) -> Iterator[World]:
    if refusal := find_refusal():
        pytest.skip(refusal)
    with tempfile.TemporaryDirectory() as folder, start_world(Path(folder), scopes) as machine:
        yield machine
