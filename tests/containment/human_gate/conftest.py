"""Rooms: folders with approvers and a gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.containment.human_gate.room import Room
from tests.containment.record.conftest import Office


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Return a room of the class coding, which needs one person."""
    return Room(Office(tmp_path))


@pytest.fixture
def regulated(tmp_path: Path) -> Room:
    """Return a room of the class regulated-data, which needs two persons."""
    return Room(Office(tmp_path), agent_class="regulated-data")
