"""The analyser's parts, each compared with a list of everything it speaks of.

A policy hides most of what a part does wrong; here each is asked alone, in worlds that small numbers and three characters make.
"""

from __future__ import annotations

import random

from tests.proofs.naming import claims, names, small_names
from tests.proofs.ranges import addresses, lines, sources, transports
from tests.proofs.tables import orders, spoken, tables


def check_parts(seed: int) -> None:
    """Raise AssertionError where a part and its list differ."""
    rng = random.Random(seed)
    for check in (lines, transports, addresses, sources, small_names, names, claims, tables, orders, spoken):
        check(rng)
