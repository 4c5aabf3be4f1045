"""`python -m tests.proofs.bugs [--count N]`: bugs put into the analyser one at a time; each must be caught by the comparisons.

A bug is one small change of one expression: a comparison turned round, `and` for `or`, `|` for `&`, a number one off, a `not`
left out. Every bug runs in a process of its own, which compares parts and policies with what enumeration says (`parts`,
`compare`) until something differs. One that does not end within many times the time of an analyser without a bug is
caught too. Changes that alter no answer stand in `equivalent` with the reason; they are tried as well, and one that
something catches is an error of that list. Any survivor makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence

import z3

from tests.proofs import exhaustive
from tests.proofs.equivalent import EQUIVALENT
from tests.proofs.mutate import PACKAGE, Bug, Finder, bugs

PARTS, CASES, EDITS = 60, 60, 15
MEMORY = 4 << 30


def outcome(bug: Bug | None, limit: int) -> str:
    """Return "caught", "never ended" (after `limit` CPU seconds) or "survived", from a process of its own."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        if bug is not None:
            sys.meta_path.insert(0, Finder(bug))
        try:
            compare_all()
        except BaseException:  # noqa: BLE001 - whatever a bug raises, it is caught
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "never ended" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "caught"
    return "caught" if os.WEXITSTATUS(status) else "survived"


def compare_all() -> None:
    """Compare parts and policies with enumeration; raise where something differs."""
    from tests.proofs.compare import case_of, check, check_edits
    from tests.proofs.flows import agree, some_flow
    from tests.proofs.parts import check_parts

    for seed in range(max(PARTS, CASES)):
        if seed < PARTS:
            check_parts(seed)
        if seed < CASES:
            case = case_of(seed)
            check(case)
            rng = random.Random(seed)
            agree(case.ruleset, [some_flow(rng) for _ in range(60)])
        if seed < EDITS:
            check_edits(seed)


def picked(every: Sequence[Bug], count: int | None, seed: int) -> list[Bug]:
    """Return all bugs, or `count` of those that are not equivalent, by a seed."""
    if count is None:
        return list(every)
    return random.Random(seed).sample([bug for bug in every if bug.key not in EQUIVALENT], count)


def main() -> int:
    """Print the table; 0 when every bug was caught and everything called equivalent is."""
    options = argparse.ArgumentParser(prog="python -m tests.proofs.bugs", description=__doc__)
    options.add_argument("--count", type=int, help="how many, picked by --seed (default: all)")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--file", help="only the bugs of one module")
    chosen = options.parse_args()
    assert exhaustive.NAMES
    assert z3.get_version()
    assert not any(name.startswith(PACKAGE) for name in sys.modules), "the analyser must be imported with the bug in it"
    began = os.times().children_user
    if outcome(None, 600) != "survived":
        print("without a bug the comparison differs already: nothing can be said of bugs")
        return 1
    limit = round(10 + 5 * (os.times().children_user - began))
    every = list(bugs())
    wrong = [f"in the list of equivalents, but no such change: {key}" for key in EQUIVALENT if key not in {bug.key for bug in every}]
    score: dict[str, Counter[str]] = {}
    started = time.monotonic()
    for bug in picked([bug for bug in every if chosen.file in (None, bug.module)], chosen.count, chosen.seed):
        result = outcome(bug, limit)
        told = result
        if bug.key in EQUIVALENT:
            told = "equivalent"
            if result != "survived":
                wrong.append(f"called equivalent, but {result}: {bug.key}")
        elif result == "survived":
            wrong.append(f"survived: {bug.key} (line {bug.line})")
            print(f"  {wrong[-1]}", flush=True)
        elif result == "never ended":
            print(f"  caught by its time-out of {limit} CPU s: {bug.key}", flush=True)
        score.setdefault(bug.module, Counter())[told] += 1
    _print(score, len(every), time.monotonic() - started)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def _print(score: dict[str, Counter[str]], possible: int, seconds: float) -> None:
    columns = ("caught", "never ended", "survived", "equivalent")
    print(f"{'module':14}" + "".join(f"{column:>13}" for column in columns))
    for name, counts in score.items():
        print(f"{name:14}" + "".join(f"{counts[column]:13}" for column in columns))
    total = sum(score.values(), Counter[str]())
    print(f"{'all':14}" + "".join(f"{total[column]:13}" for column in columns))
    bad = total["survived"]
    print(f"{total['caught'] + total['never ended']} of {total.total() - total['equivalent']} bugs caught, {bad} survived; "
          f"{total['equivalent']} equivalent changes tried; {possible} changes possible; {seconds:.0f} s")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
