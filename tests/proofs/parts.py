"""The analyser's parts, each compared with a list of everything it speaks of.

A policy hides most of what a part does wrong; here each is asked alone, in worlds that small numbers and three characters make.
"""

from __future__ import annotations

import random

from tests.proofs.naming import claims, little_is_followed, names, read_backwards, small_names
from tests.proofs.ranges import addresses, lines, sources, transports
from tests.proofs.tables import orders, spoken, tables, unchanged

CHECKS = (
    *(lines, transports, transports, addresses, sources, read_backwards, claims) * 4,
    names,
    little_is_followed,
    tables,
    orders,
    unchanged,
    spoken,
    small_names,
)
"""The quickest first, and more often."""


def check_parts(seed: int) -> None:
    """Raise AssertionError where a part and its list differ."""
    rng = random.Random(seed)
    for check in CHECKS:
        check(rng)
