"""A lab whose cloud runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from containment_lab import simulators
from containment_lab.home import LabHome


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabHome]:
    home = LabHome(tmp_path_factory.mktemp("lab"))
    simulators.attach(home, "aws")
    yield home
    simulators.stop_simulators(home)
