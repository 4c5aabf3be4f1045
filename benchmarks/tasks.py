"""Run the four tasks of tests/tasks bare and confined by the launcher, side by side in one run: success and time.

Run as root: `python -m benchmarks.tasks [--runs N] [--attempts]`. Runs alternate, so that other load on the machine affects both; read the
ratios, because machines differ. Both sides talk to the same servers in network namespaces. `--attempts` also prints what becomes of every
attempt to leave a task's scope, and of an agent that obeys a poisoned page and a poisoned skill. The exit code is 1 if a task fails or an
attempt escapes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.tasks.attempts import Outcome, Verdict, format_outcomes, read_attempts, try_attempts
from tests.tasks.poison import format_run, run_agent
from tests.tasks.scopes import TaskScope, read_scopes
from tests.tasks.world import World, find_refusal, start_world


@dataclass(frozen=True, kw_only=True)
class Side:
    """The runs of one task, bare or confined: how many succeeded, and the seconds of each."""

    successes: int
    seconds: list[float]


def measure_task(world: World, scope: TaskScope, runs: int) -> tuple[Side, Side]:
    """Return the runs of a task bare and confined; a run succeeds if it ends with 0 and writes its result."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    successes = {False: 0, True: 0}
    for number in range(runs):
        for confined in (False, True) if number % 2 == 0 else (True, False):
            world.clear_home(scope)
            done = world.run(scope, scope.command, confined=confined)
            successes[confined] += done.code == 0 and (world.find_home(scope) / scope.result).exists()
            taken[confined].append(done.seconds)
    return tuple(Side(successes=successes[one], seconds=taken[one]) for one in (False, True))  # type: ignore[return-value]


def format_task(scope: TaskScope, bare: Side, confined: Side, runs: int) -> str:
    """Return a line of the table."""
    plain, within = (statistics.median(side.seconds) for side in (bare, confined))
    ratio = statistics.median(two / one for one, two in zip(bare.seconds, confined.seconds, strict=True))
    counts = f"{bare.successes}/{runs:<6} {confined.successes}/{runs:<10}"
    return f"{scope.name:<14} {counts} {plain * 1000:>7.0f} ms {within * 1000:>9.0f} ms {(within - plain) * 1000:>7.0f} ms {ratio:>7.1f}"


def print_attempts(world: World, scopes: dict[str, TaskScope]) -> list[Outcome]:
    """Print and return what became of every attempt."""
    outcomes = []
    for name, attempts in read_attempts().items():
        found = try_attempts(world, scopes[name], attempts)
        print(format_outcomes(scopes[name], found))
        outcomes += found
    poisoned = run_agent(world, scopes["research"]).outcomes
    print(f"\n{format_run(poisoned)}\n")
    outcomes += poisoned
    for verdict in Verdict:
        print(f"{sum(one.verdict is verdict for one in outcomes):>4} {verdict}")
    return outcomes


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each task on each side (default: %(default)s)")
    parser.add_argument("--attempts", action="store_true", help="make the attempts to leave each scope too")
    given = parser.parse_args()
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    if refused := find_refusal():
        raise SystemExit(f"error: {refused}")
    has_failed = False
    with tempfile.TemporaryDirectory() as presets, tempfile.TemporaryDirectory() as folder:
        scopes = read_scopes(Path(presets))
        with start_world(Path(folder), scopes) as world:
            print(f"{'task':<14} {'bare':<8} {'confined':<12} {'bare':>10} {'confined':>12} {'more':>10} {'ratio':>7}")
            for scope in scopes.values():
                sides = measure_task(world, scope, given.runs)
                has_failed |= any(side.successes < given.runs for side in sides)
                print(format_task(scope, *sides, given.runs))
            if given.attempts:
                print()
                has_failed |= any(one.verdict is Verdict.ESCAPED for one in print_attempts(world, scopes))
    raise SystemExit(int(has_failed))


if __name__ == "__main__":
    main()
