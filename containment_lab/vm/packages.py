"""Debian packages that are unpacked and not installed: a kernel, whose installation would configure a boot loader, and busybox."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from containment.programs import find_program
from containment_lab.vm.errors import VmError

KERNEL = "linux-image-cloud-amd64"
BUSYBOX = "busybox-static"
_SECONDS = 300


def find_kernel_package() -> str:
    """Return the package that the kernel's package of this distribution depends on, such as linux-image-6.1.0-50-cloud-amd64."""
    said = _run(["apt-cache", "depends", "--important", KERNEL], Path("/"))
    found = re.search(r"Depends: (linux-image-[0-9]\S*)", said)
    if found is None:
        raise VmError(f"the package {KERNEL} is not known to apt here", fix="run apt-get update")
    return found[1]


def unpack_package(name: str, folder: Path) -> Path:
    """Download a package, unpack it to a folder in `folder`, and return that folder; nothing is installed."""
    downloads, target = folder / "packages", folder / name
    downloads.mkdir(parents=True, exist_ok=True)
    _run(["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", name], downloads)
    file = max(downloads.glob(f"{name}_*.deb"), default=None)
    if file is None:
        raise VmError(f"apt-get download {name} left no file", fix="run apt-get update, and repeat the command")
    _run(["dpkg-deb", "--extract", str(file), str(target)], folder)
    file.unlink()
    return target


def _run(command: list[str], folder: Path) -> str:
    program = find_program(command[0])
    if program is None:
        raise VmError(f"{command[0]} is not here", why="a virtual machine is made of Debian packages", fix="run it on Debian or Ubuntu")
    try:
        done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise VmError(f"{' '.join(command)} did not end within {_SECONDS} s", fix="repeat it when the mirror answers faster") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        what = f"{' '.join(command)} failed: {said[-1] if said else done.returncode}"
        raise VmError(what, fix="correct what it says; `apt-get update` renews the lists of packages")
    return done.stdout
