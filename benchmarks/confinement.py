"""Measure the cost of confinement: a confined command compared with `nsenter`, in a running network.

Run: `python benchmarks/confinement.py --stack NAME [--runs N]`, after `containment lab world up --stack NAME`. All are measured in turn in
one run; read the differences, because machines differ. The goal: `lab run` takes at most 0.5 s longer than `nsenter`.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from containment_lab.agent.command import run_as_agent
from containment_lab.home import LabHome
from containment_lab.network.control import LabNetwork


@dataclass(frozen=True)
class RunMethod:
    """A method of running a command, by name."""

    name: str
    run: Callable[[], object]


def measure_seconds(work: Callable[[], object]) -> float:
    """Return the duration of a call in seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args()
    world = LabNetwork(LabHome.find(), given.stack)
    world.ensure_current()

    def program(*words: str) -> object:
        return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    ways = (
        RunMethod("nsenter", lambda: program(*world.build_entering_command("agent"), "true")),
        RunMethod("python, nothing else", lambda: program(sys.executable, "-c", "pass")),
        RunMethod("confined, from a program", lambda: run_as_agent(world, ("true",))),
        RunMethod(
            "containment lab run", lambda: program(sys.executable, "-m", "containment", "lab", "run", "-s", given.stack, "--", "true")
        ),
    )
    taken: dict[str, list[float]] = {each.name: [] for each in ways}
    for _ in range(given.runs):
        for each in ways:
            taken[each.name].append(measure_seconds(each.run))
    floor = statistics.median(taken[ways[0].name])
    print(f"{'':<26} {'median':>9} {'least':>9} {'over nsenter':>13}")
    for name, found in taken.items():
        middle = statistics.median(found)
        print(f"{name:<26} {middle * 1000:>6.0f} ms {min(found) * 1000:>6.0f} ms {(middle - floor) * 1000:>10.0f} ms")


if __name__ == "__main__":
    main()
