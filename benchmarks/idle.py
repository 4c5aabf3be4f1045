"""Measure an idle lab: each process's share of one core over some seconds, and the sum.

Run: `python benchmarks/idle.py [--home DIR] [--seconds N]` while the networks of some stacks are up (`containment lab world up`). Only the
processes of that lab home are counted, Envoy and dnsdist among them. On a busy machine a polling process polls less and looks cheaper.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from containment_lab.home import LabHome
from containment_lab.network.control import list_networks
from containment_lab.simulators import read_status


def find_processes(home: LabHome) -> Iterator[tuple[str, psutil.Process]]:
    """Yield every process of a lab home with a display name."""
    for each in read_status(home):
        if each.pid:
            yield each.name, psutil.Process(each.pid)
    for world in list_networks(home):
        if world.is_running():
            supervisor = psutil.Process(int(json.loads((world.folder / "world.json").read_text())["pid"]))
            yield f"network of {world.stack}", supervisor
            for child in supervisor.children(recursive=True):
                yield f"{child.name()} of {world.stack}", child


def get_processor_time(process: psutil.Process) -> float:
    """Return the seconds of processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(".lab"), help="the lab home")
    parser.add_argument("--seconds", type=float, default=30.0, help="duration of the measurement (default: %(default)s)")
    given = parser.parse_args()
    found = list(find_processes(LabHome(given.home.resolve())))
    if not found:
        raise SystemExit(f"nothing runs in {given.home.resolve()}: start a stack first (make up)")
    before = [get_processor_time(process) for _, process in found]
    time.sleep(given.seconds)
    shares = [(get_processor_time(process) - first) / given.seconds * 100 for (_, process), first in zip(found, before, strict=True)]
    for (name, _), share in zip(found, shares, strict=True):
        print(f"{share:6.2f} %  {name}")
    print(f"{sum(shares):6.2f} %  together, of one core")


if __name__ == "__main__":
    main()
