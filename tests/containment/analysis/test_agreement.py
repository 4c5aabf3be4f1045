"""The analyser, exhaustive enumeration and z3 give the same answers, over generated policies of every size.

Here are the first `CASES` of them, each with its number as the seed; `python -m tests.proofs` (`make soak`) compares ten thousand and
prints what they were like.
"""

from __future__ import annotations

import os
import random

import pytest

from containment.analysis.questions import Analysis
from containment.policy.first_match import decide
from tests.proofs.__main__ import compare_batch, print_histogram
from tests.proofs.compare import case_of
from tests.proofs.flows import some_flow

CASES = int(os.environ.get("CASES", "80"))
FAST, BATCH = 20, 60


@pytest.mark.slow
def test_the_first_policies_agree() -> None:
    _, _, bad = compare_batch((0, FAST, True))
    assert bad == []


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("start", range(FAST, CASES, BATCH))
def test_more_policies_agree(start: int) -> None:
    sizes, features, bad = compare_batch((start, BATCH, True))
    print_histogram(sizes, features)
    assert bad == []
    assert sum(count for size, count in sizes.items() if size >= 10) >= BATCH / 4, "too few are large to say anything"
    assert all(features[name] for name in ("watched rules", "unknown groups", "server names", "verified names"))


@pytest.mark.parametrize("seed", range(10))
def test_a_rule_that_is_called_dead_decides_no_flow(seed: int) -> None:
    """A check of the analyser by flows rather than by cells."""
    rng = random.Random(seed)
    ruleset = case_of(seed).ruleset
    dead = {one.rule.name for one in Analysis(ruleset).find_dead_rules()}
    for _ in range(500):
        assert decide(ruleset, some_flow(rng)).rule not in dead
