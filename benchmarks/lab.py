"""Measure the lab: deploying a stack, previewing it with the pack, and the engine's share per resource.

Run: `python benchmarks/lab.py [--runs N]`. Everything is measured in one run, as whole processes, together with floors
(imports that Pulumi itself needs): read the ratios, because machines differ. Memory is the largest sum of resident
sizes observed over the command and all its children; the simulators are reported separately.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
LAB = [sys.executable, "-m", "containment", "lab"]


@dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and megabytes of memory of one finished command."""

    seconds: float
    megabytes: float


def is_simulator(process: psutil.Process) -> bool:
    """Return whether a process is one of the lab's three simulators, which are reported separately."""
    return any(f"containment_lab.{name}" in process.cmdline() for name in ("cloud", "controller", "providers"))


def measure(command: list[str], env: dict[str, str]) -> Cost:
    """Run a command and return its cost; raises SystemExit with its output when it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        top = psutil.Process(process.pid)
        while not over.wait(0.02):
            try:
                family = [top, *top.children(recursive=True)]
                peak = max(peak, sum(each.memory_info().rss for each in family if not is_simulator(each)))
            except psutil.Error:
                continue  # a process ended during the query; the next sample is in 20 ms

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, _ = process.communicate()
    over.set()
    watcher.join()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said[-2000:]}")
    return Cost(time.perf_counter() - start, peak / 1e6)


def measure_simulators(home: Path) -> float:
    """Return the resident megabytes of a home's simulators."""
    record = json.loads((home / "simulators.json").read_text())
    pids = [entry["pid"] for entry in (record.values() if isinstance(record, dict) else record)]
    return sum(psutil.Process(pid).memory_info().rss for pid in pids) / 1e6


def write_program(count: int, folder: Path) -> Path:
    """Write a program of `count` independent log groups."""
    program = folder / f"many-{count}"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: many\nruntime: python\n")
    (program / "__main__.py").write_text(
        f"import pulumi_aws as aws\nfor i in range({count}):\n    aws.cloudwatch.LogGroup(f'g{{i}}', name=f'/bench/{{i}}')\n"
    )
    return program


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each repeatable measurement")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as work:
        home = Path(work) / "home"
        env = {**os.environ, "CONTAINMENT_LAB_HOME": str(home), "NO_COLOR": "1"}
        pack = ["--policy-pack", "policypack"]
        rows: list[tuple[str, list[Cost]]] = []
        try:
            rows.append(("make up, cold (simulators, platform and stack from nothing)", [measure(["make", "-s", "up"], env)]))
            rows.append(("make up, warm (nothing to change)", [measure(["make", "-s", "up"], env) for _ in range(runs)]))
            rows.append(
                ("preview with the pack", [measure([*LAB, "preview", "--stack", "coding-monitor", *pack], env) for _ in range(runs)])
            )
            rows.append(("preview without the pack", [measure([*LAB, "preview", "--stack", "coding-monitor"], env) for _ in range(runs)]))
            for what, code in (
                ("floor: import pulumi", "import pulumi"),
                ("floor: import pulumi_aws.ec2", "import pulumi_aws as a; a.ec2.Instance"),
                ("floor: import pulumi_policy", "import pulumi_policy"),
            ):
                rows.append((what, [measure([sys.executable, "-c", code], env) for _ in range(runs)]))
            small, large = write_program(10, Path(work)), write_program(210, Path(work))
            low = [measure([*LAB, "preview", "-C", str(small), "--stack", "b"], env) for _ in range(runs)]
            high = [measure([*LAB, "preview", "-C", str(large), "--stack", "b"], env) for _ in range(runs)]
            held = measure_simulators(home)
        finally:
            subprocess.run([*LAB, "down"], cwd=ROOT, env=env, check=True, capture_output=True)
    print(f"{'what':<62}{'runs':>5}{'min s':>8}{'median s':>10}{'max s':>8}{'MB':>7}")
    for what, costs in rows:
        seconds = [cost.seconds for cost in costs]
        megabytes = max(cost.megabytes for cost in costs)
        print(f"{what:<62}{len(costs):>5}{min(seconds):>8.2f}{statistics.median(seconds):>10.2f}{max(seconds):>8.2f}{megabytes:>7.0f}")
    each = (statistics.median(c.seconds for c in high) - statistics.median(c.seconds for c in low)) / 200 * 1000
    print(f"engine, program and provider together, per resource in a preview: {each:.1f} ms (210 against 10 resources)")
    print(f"simulators (AWS, Controller, providers), resident: {held:.0f} MB")


if __name__ == "__main__":
    main()
