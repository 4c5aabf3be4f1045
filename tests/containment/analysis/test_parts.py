"""Each part of the analyser says what a list of everything it speaks of says."""

from __future__ import annotations

import pytest

from tests.proofs.parts import check_parts


@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 40))])
def test_every_part_agrees_with_its_list(seed: int) -> None:
    check_parts(seed)
