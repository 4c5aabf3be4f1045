"""Measure the processor time of `containment discover`: once as a command, and repeated in one process.

`python benchmarks/discovery.py [--processes N] [--configurations N] [--runs N]` starts N processes (300 by default), plants N
configurations (25), and prints processor seconds per run and the share of one core at one run per five minutes: for the command, with the
start of Python, and for a repeated run, which remembers program files. The exit code is 1 where a share is above 1 %.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from containment.discovery.discover import Options, discover
from containment.discovery.identity import Identifier
from containment.discovery.known_data import load_harness_signs
from containment.discovery.ocsf import build_events
from tests.containment.discovery.planted import list_files, plant, plant_skills

CADENCE = 300.0
MOST_SHARE = 1.0


@contextmanager
def start_processes(count: int) -> Iterator[None]:
    """Run a number of idle processes with command lines of a usual length."""
    words = ["/bin/sleep", "600"]
    running = [subprocess.Popen(words, cwd="/", env={"PATH": "/bin", "PADDING": "x" * 2000}) for _ in range(count)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
        for one in running:
            one.wait()


def measure_command(home: Path, project: Path, runs: int) -> float:
    """Return the processor seconds of one command, the mean of some."""
    words = [sys.executable, "-m", "containment", "discover", "--home", str(home), "--project", str(project), "--out", str(home / "out")]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(runs):
        done = subprocess.run([*words, "--ocsf", str(home / "events")], check=False, capture_output=True, text=True)
        if done.returncode not in (0, 10, 12):
            raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs


def measure_repetition(home: Path, project: Path, runs: int) -> tuple[float, float]:
    """Return the processor seconds of the first run and of a later one, in one process."""
    options = Options(homes=(str(home),), projects=(project,), find_endpoint=lambda _: None)
    identifier = Identifier(signs=load_harness_signs())
    seconds = list[float]()
    for _ in range(runs + 1):
        start = time.process_time()
        identifier.forget_files()
        found = discover(options, identifier)
        assert list(build_events(found, (), None))
        seconds.append(time.process_time() - start)
    return seconds[0], sum(seconds[1:]) / runs


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=300)
    parser.add_argument("--configurations", type=int, default=25)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, start_processes(given.processes):
        home, project = Path(folder) / "home", Path(folder) / "project"
        for each in (home, project):
            each.mkdir()
        for file in list_files()[: given.configurations]:
            plant(file, home, project, home)
        plant_skills(home, project)
        visible = sum(one.name.isdigit() for one in Path("/proc").iterdir())
        command = measure_command(home, project, given.runs)
        first, later = measure_repetition(home, project, given.runs)
    print(f"{visible} processes, {given.configurations} configurations, one run per {CADENCE:.0f} s\n")
    print("| run | processor seconds | share of one core |\n|---|---|---|")
    shares = [(name, seconds, seconds / CADENCE * 100) for name, seconds in (("command", command), ("first", first), ("repeated", later))]
    for name, seconds, share in shares:
        print(f"| {name} | {seconds:.2f} | {share:.2f} % |")
    return int(any(share > MOST_SHARE for name, _, share in shares if name != "first"))


if __name__ == "__main__":
    sys.exit(main())
