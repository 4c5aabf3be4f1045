"""Measure the start of `containment-sandbox`: a command under it compared with the bare command and with bubblewrap alone.

Run: `python benchmarks/launcher.py [--runs N]`, as root or as a plain user. All are measured in turn in one run; read the differences and
ratios, because machines differ. The goal: a start takes at most 0.15 s longer than the bare command. `processor` is the time that the
launcher and everything it starts spend computing, which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from containment.confinement.bubblewrap import NAMESPACES, find_bwrap

_OPENS = 2000


@dataclass(frozen=True)
class StartMethod:
    """A way to start a command, by name."""

    name: str
    run: Callable[[], object]


def main() -> None:
    """Measure and print two tables: the start, and the cost of an observed open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "profile.json")
        profile.write_text(json.dumps(_build_profile()))
        launcher = [sys.executable, "-m", "containment.launcher", "run", "--quiet", "--profile", str(profile)]
        launcher += ["--event-log", str(Path(folder, "events.jsonl")), "--"]
        wrapped = [find_bwrap(), *NAMESPACES, "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
        text = f"import os\nfor _ in range({_OPENS}): os.close(os.open('/usr/bin/env', os.O_RDONLY))"
        reader = ["/usr/bin/python3", "-c", text]
        starts = (
            StartMethod("bare", lambda: _run("/usr/bin/true")),
            StartMethod("python, nothing else", lambda: _run(sys.executable, "-c", "pass")),
            StartMethod("bubblewrap alone", lambda: _run(*wrapped, "/usr/bin/true")),
            StartMethod("containment-sandbox", lambda: _run(*launcher, "/usr/bin/true")),
        )
        _print_table("start", _measure(starts, runs))
        opens = (
            StartMethod(f"bare, {_OPENS} opens", lambda: _run(*reader)),
            StartMethod(f"confined, {_OPENS} opens", lambda: _run(*launcher, *reader)),
        )
        _print_table("observed opens", _measure(opens, max(3, runs // 3)))


def _build_profile() -> dict[str, object]:
    limits = {"processes": 256, "dataBytes": 1 << 30, "fileBytes": 1 << 26, "openFiles": 256}
    return {
        "schema": "containment-launcher-profile/v1",
        "stack": "benchmark",
        "agentClass": "coding",
        "harness": "openclaw",
        "default": "deny",
        "network": "proxy",
        "files": {"readOnly": ["/usr"], "readWrite": ["/home/agent", "/tmp"]},
        "programs": ["/usr/bin/true", "/usr/bin/python3", "/usr/lib/git-core/*"],
        "egress": [],
        "tasks": [],
        "limits": limits | {"temporaryBytes": 1 << 26, "sharedMemoryBytes": 1 << 24},
    }


def _run(*words: str) -> object:
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env={**os.environ, "HOME": "/tmp"})


def _measure(methods: tuple[StartMethod, ...], runs: int) -> dict[str, tuple[list[float], list[float]]]:
    """Return seconds of wall clock and of computing for each run of each method."""
    out: dict[str, tuple[list[float], list[float]]] = {each.name: ([], []) for each in methods}
    for _ in range(runs):
        for each in methods:
            before, begun = _read_computing(), time.perf_counter()
            each.run()
            out[each.name][0].append(time.perf_counter() - begun)
            out[each.name][1].append(_read_computing() - before)
    return out


def _read_computing() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _print_table(title: str, found: dict[str, tuple[list[float], list[float]]]) -> None:
    first = statistics.median(next(iter(found.values()))[0])
    least = min(next(iter(found.values()))[0])
    print(f"{title:<26} {'median':>10} {'least':>10} {'least over':>11} {'ratio':>7} {'processor':>11}")
    for name, (wall, computing) in found.items():
        middle = statistics.median(wall)
        print(
            f"{name:<26} {middle * 1000:>7.0f} ms {min(wall) * 1000:>7.0f} ms {(min(wall) - least) * 1000:>8.0f} ms"
            f" {middle / first:>7.1f} {statistics.median(computing) * 1000:>8.0f} ms"
        )


if __name__ == "__main__":
    main()
