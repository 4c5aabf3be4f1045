"""Every statement that stacks are held against has the verdict of every flow, asked from nothing and kept over one name more."""

from __future__ import annotations

import random

import pytest

from tests.proofs.compare import case_of, named_case
from tests.proofs.stated import stated


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(8), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(8, 40))])
def test_every_verdict_is_that_of_every_flow(seed: int) -> None:
    rng = random.Random(seed)
    stated(case_of(seed), rng)
    stated(named_case(seed), rng)
