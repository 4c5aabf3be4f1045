"""Measure the policy pack: inside an engine for one whole stack, and offline for many stacks compared with Checkov and OPA.

Run: `python -m benchmarks.pack [--stack S] [--runs N] [--offline STACKS] [--against REVISION]`. In the engine the real pack runs in a
separate process and is called over gRPC as an engine does, resource by resource and at the end. It is measured twice, unchanged and
with the SDK decoding for every rule; processor time is that of the pack's process, wall clock includes the caller. `offline` describes
the comparison there. Read the ratios, because machines differ. With `--against` this tree is compared with another revision instead
(see `against`), and the exit code is 1 when a ratio is above its bound.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks import against
from benchmarks.offline import compare
from tests.policypack.mutants.program import read
from tests.policypack.pack import Pack, Registration
from tests.policypack.product import registrations
from tests.support.deploy import stack_config

PACK = Path(__file__).parents[1] / "policypack"
WARM_UP = 2
OFFLINE = ("coding-enforce", "healthcare-phi-monitor", "open-demo-enforce", "locked-down-monitor")
"""The stacks that are copied for the offline comparison."""


def copy_without_decoding(folder: Path) -> Path:
    """Return a copy of the pack that leaves decoding to the SDK."""
    copy = folder / "policypack"
    shutil.copytree(PACK, copy, ignore=shutil.ignore_patterns("__pycache__"))
    entry = copy / "__main__.py"
    lines = entry.read_text().splitlines(keepends=True)
    entry.write_text("".join(line for line in lines if not line.startswith(("wrap_service(", "stand_in_front("))))
    return copy


def measure(folder: Path, stack: list[Registration], runs: int) -> tuple[float, float, int]:
    """Evaluate one stack `runs` times with the pack in a folder.

    Returns:
        Milliseconds of processor time (mean) and of wall clock (median) per run, and the number of policies.
    """
    with Pack(folder) as pack:
        process = psutil.Process(pack.pid)
        walls = []
        for run in range(WARM_UP + runs):
            if run == WARM_UP:
                before = sum(process.cpu_times()[:2])
            started = time.perf_counter()
            found = pack.judge(stack)
            walls.append(time.perf_counter() - started)
            assert not found, [one.message for one in found]
        spent = sum(process.cpu_times()[:2]) - before
        return 1e3 * spent / runs, 1e3 * statistics.median(walls[WARM_UP:]), len(pack.info().policies)


def main() -> int:
    """Print one line for each variant of the pack and form of the stack, or for each comparison; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stack", default="coding-enforce")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--offline", type=int, default=1000, metavar="STACKS")
    parser.add_argument("--against", metavar="REVISION", help="compare with this revision, side by side in one run")
    asked = parser.parse_args()
    names = list(dict.fromkeys((asked.stack, *OFFLINE)))
    runs: list[dict[str, Any]] = registrations((name, stack_config(name)) for name in names)
    assert all(one["error"] is None for one in runs), [one["error"] for one in runs]
    made = runs[0]
    if asked.against:
        lines = []
        for line, is_within in against.compare(asked.against, made, [read(one) for one in runs], asked.offline, asked.runs):
            print(line, flush=True)
            lines.append(is_within)
        return 0 if all(lines) else 1
    with tempfile.TemporaryDirectory() as folder:
        ways = {"decoded once": PACK, "decoded for every rule": copy_without_decoding(Path(folder))}
        for way, pack in ways.items():
            for form in ("preview", "known"):
                processor, wall, policies = measure(pack, made[form], asked.runs)
                what = f"{asked.stack}, {form}: {len(made[form])} resources, {policies} policies, {way}"
                print(f"{what}: {processor:.0f} ms of processor time, {wall:.0f} ms of wall clock")
    with tempfile.TemporaryDirectory() as folder:
        for line in compare([read(one) for one in runs], asked.offline, Path(folder)):
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
