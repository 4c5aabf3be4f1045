"""`python -m tests.proofs [--cases N] [--first SEED] [--solver]`: compares N generated policies and prints what was compared.

Ends with 1 when one answer differs. The test suite runs a part of this; the whole takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from containment.policy.rules import RuleSet
from tests.proofs.compare import Case, case_of, check, check_with_solver
from tests.proofs.exhaustive import Universe

BATCH = 100


def main() -> int:
    """Compare, print, and return the exit code."""
    options = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--without-solver", action="store_true")
    options.add_argument("--workers", type=int, default=os.cpu_count())
    chosen = options.parse_args()
    began = time.monotonic()
    histogram, features, bad = Counter[int](), Counter[str](), list[str]()
    starts = range(chosen.first, chosen.first + chosen.cases, BATCH)
    with ProcessPoolExecutor(max_workers=chosen.workers) as pool:
        jobs = [(start, min(BATCH, chosen.first + chosen.cases - start), not chosen.without_solver) for start in starts]
        for sizes, traits, wrong in pool.map(compare_batch, jobs):
            histogram += sizes
            features += traits
            bad += wrong
    print(f"{sum(histogram.values())} policies compared with exhaustive enumeration{'' if chosen.without_solver else ' and z3'}"
          f" in {time.monotonic() - began:.0f} s; {len(bad)} differ")  # fmt: skip
    print_histogram(histogram, features)
    for line in bad[:20]:
        print(line)
    return 1 if bad else 0


def compare_batch(job: tuple[int, int, bool]) -> tuple[Counter[int], Counter[str], list[str]]:
    """Compare the cases of some seeds; return sizes, features and what differed."""
    start, count, with_solver = job
    histogram, features, bad = Counter[int](), Counter[str](), list[str]()
    for seed in range(start, start + count):
        case = case_of(seed)
        histogram[len(case.ruleset.rules)] += 1
        features.update(traits_of(case))
        try:
            check(case)
            if with_solver:
                check_with_solver(case)
        except AssertionError as error:
            bad.append(f"seed {seed}: {error} {traceback.format_exc(limit=-1)}")
    return histogram, features, bad


def traits_of(case: Case) -> list[str]:
    """Return what a policy has that makes questions hard."""
    rules, groups = case.ruleset.rules, case.ruleset.smart_groups
    used = [groups[name] for rule in rules for name in (*rule.sources, *rule.destinations)]
    return [
        name
        for name, has in (
            ("ten rules or more", len(rules) >= 10),
            ("rules that overlap and differ", overlaps(case.ruleset)),
            ("watched rules", any(rule.watch for rule in rules)),
            ("unknown groups", any("OpaqueSelector" in repr(group.selectors) for group in used if group.name != "Public Internet")),
            ("server names", any(rule.web_groups for rule in rules)),
            ("verified names", any(rule.verify_sni for rule in rules)),
        )
        if has
    ]


def overlaps(ruleset: RuleSet) -> bool:
    """Tell whether some flow is matched by two rules of opposite action."""
    rules = [rule for rule in ruleset.rules if not rule.disabled]
    both = sum(1 << index for index, rule in enumerate(ruleset.rules) if rule in rules and rule.action.permits)
    either = sum(1 << index for index, rule in enumerate(ruleset.rules) if rule in rules and not rule.action.permits)
    return any(matching & both and matching & either for matching, _ in Universe(ruleset).cells())


def print_histogram(histogram: Counter[int], features: Counter[str]) -> None:
    """Print how many policies of each size there were, and how many had each feature."""
    total = sum(histogram.values())
    for size in sorted(histogram):
        print(f"  {size:3} rules: {histogram[size]:5} {'#' * round(200 * histogram[size] / total)}")
    for name, count in features.most_common():
        print(f"  {name}: {count}")


if __name__ == "__main__":
    sys.exit(main())
