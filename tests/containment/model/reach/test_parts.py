"""Each part of the analyser says what a list of everything it speaks of says."""

from __future__ import annotations

import pytest

from tests.proofs.parts import check_parts


@pytest.mark.parametrize("seed", range(40))
def test_every_part_agrees_with_its_list(seed: int) -> None:
    check_parts(seed)
