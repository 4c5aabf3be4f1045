"""`python -m tests.proofs.bugs [--count N] [--rounds N]`: bugs put into the analyser one at a time; each must be caught by the comparisons.

A bug is one small change of one expression: a comparison turned round, `and` for `or`, `|` for `&`, a number one off, a `not`
left out. Every bug runs in a process of its own, which compares parts and policies with what enumeration says (`parts`,
`compare`) until something differs. One that does not end within many times the time of an analyser without a bug is
caught too. Changes that alter no answer stand in `equivalent` with the reason; they are tried as well, and one that
something catches is an error of that list. Any survivor makes the exit code 1.
"""

from __future__ import annotations

import argparse
import itertools
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
from tests.proofs.mutate import FILES, PACKAGE, Bug, Finder, bugs

ROUNDS = 60
EDITED = 4
"""Every fourth round edits a policy of any kind; all edit one of names."""
MEMORY = 4 << 30


def outcome(bug: Bug | None, rounds: int, limit: int) -> str:
    """Return "caught", "never ended" (after `limit` CPU seconds) or "survived", from a process of its own."""
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        if bug is not None:
            sys.meta_path.insert(0, Finder(bug))
        try:
            compare_all(rounds)
        except BaseException:  # noqa: BLE001 - whatever a bug raises, it is caught
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "never ended" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "caught"
    return "caught" if os.WEXITSTATUS(status) else "survived"


def compare_all(rounds: int) -> None:
    """Compare parts and policies with enumeration; raise where something differs."""
    from tests.proofs.compare import case_of, check, check_edits, named_case
    from tests.proofs.parts import check_parts
    from tests.proofs.stated import stated

    for seed in range(rounds):
        check_parts(seed)
        case = named_case(seed)
        check(case)
        check_edits(case, seed)
        rng = random.Random(seed)
        stated(case, rng)
        case = case_of(seed)
        check(case)
        stated(case, rng)
        if seed % EDITED == 0:
            check_edits(case, seed)


def picked(every: Sequence[Bug], count: int | None, seed: int) -> list[Bug]:
    """Return all bugs, or `count` of those that are not equivalent, from every module in turn, by a seed."""
    if count is None:
        return list(every)
    rng = random.Random(seed)
    by_module: dict[str, list[Bug]] = {}
    for bug in every:
        if bug.key not in EQUIVALENT:
            by_module.setdefault(bug.module, []).append(bug)
    for bugs_of_one in by_module.values():
        rng.shuffle(bugs_of_one)
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(*by_module.values()))
    return [bug for bug in in_turn if bug is not None][:count]


def main() -> int:
    """Print the table; 0 when every bug was caught and everything called equivalent is."""
    options = argparse.ArgumentParser(prog="python -m tests.proofs.bugs", description=__doc__)
    options.add_argument("--count", type=int, help="how many, picked by --seed (default: all)")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--rounds", type=int, default=ROUNDS, help="how much is compared (default: %(default)s)")
    options.add_argument("--file", action="append", help="only the bugs of one module; may be given again")
    chosen = options.parse_args()
    assert exhaustive.NAMES
    assert z3.get_version()
    assert not {f"{PACKAGE}.{name}" for name in FILES} & sys.modules.keys(), "the analyser must be imported with the bug in it"
    began = os.times().children_user
    if outcome(None, chosen.rounds, 600) != "survived":
        print("without a bug the comparison differs already: nothing can be said of bugs")
        return 1
    limit = round(4 + 3 * (os.times().children_user - began))
    every = list(bugs())
    wrong = [f"in the list of equivalents, but no such change: {key}" for key in EQUIVALENT if key not in {bug.key for bug in every}]
    score: dict[str, Counter[str]] = {}
    started = time.monotonic()
    for bug in picked([bug for bug in every if not chosen.file or bug.module in chosen.file], chosen.count, chosen.seed):
        result = outcome(bug, chosen.rounds, limit)
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
    _print(score, len(every), time.monotonic() - started, os.times().children_user - began)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


def _print(score: dict[str, Counter[str]], possible: int, seconds: float, cpu: float) -> None:
    columns = ("caught", "never ended", "survived", "equivalent")
    print(f"{'module':30}" + "".join(f"{column:>13}" for column in columns))
    for name, counts in score.items():
        print(f"{name:30}" + "".join(f"{counts[column]:13}" for column in columns))
    total = sum(score.values(), Counter[str]())
    print(f"{'all':30}" + "".join(f"{total[column]:13}" for column in columns))
    bad = total["survived"]
    print(f"{total['caught'] + total['never ended']} of {total.total() - total['equivalent']} bugs caught, {bad} survived; "
          f"{total['equivalent']} equivalent changes tried; {possible} changes possible; {seconds:.0f} s, {cpu:.0f} s of CPU")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
