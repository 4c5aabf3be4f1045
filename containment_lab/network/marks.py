"""Two cheap checks, without the cloud or the Controller, of whether a running network is up to date.

- newer code: a network that an older release started answers in another form;
- new deployments since it last read the deployed state.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Final

import containment
import containment_lab
from containment_lab.home import LabHome

_PACKAGES: Final = (containment, containment_lab)


@functools.cache
def compute_code_mark() -> str:
    """Return a text that changes with the name, time or size of any module of the product, as it was when this process first called."""
    lines = []
    for package in _PACKAGES:
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            found = path.stat()
            lines.append(f"{path.relative_to(folder)} {found.st_mtime_ns} {found.st_size}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def compute_deployments_mark(home: LabHome) -> str:
    """Return a text that changes whenever a deployment of this lab writes the checkpoint of any stack."""
    lines = []
    for path in sorted((home.root / "stacks").glob("*/*.json")):
        found = path.stat()
        lines.append(f"{path.name} {found.st_ino} {found.st_mtime_ns} {found.st_size}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
