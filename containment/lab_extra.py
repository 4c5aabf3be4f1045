"""The extra `lab`: whether the packages that only the lab needs are installed, and the one error that names the extra.

The lab's own code (`containment_lab`) is part of every installation; what it runs on (a simulated cloud, a web server, pages) is not.
Whatever needs a lab calls `require_lab` first, so that no command ends with an ImportError. Envoy is part of the extra on Linux and x86-64
only, and has a check of its own in `doctor`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from containment.errors import ContainmentError

MODULES: Final = ("moto", "flask", "starlette", "uvicorn", "python_multipart", "jinja2")
"""What the extra adds on every machine, by import name."""
INSTALL: Final = "pip install 'agent-containment[lab]', or `make setup` in a checkout"
"""How to install the extra."""


class LabNotInstalled(ContainmentError):  # noqa: N818 - names the state
    """A command needs the lab, and the extra `lab` is not installed."""


def lab_refusal() -> str | None:
    """Return in a few words why no lab can run here, None when the extra is installed."""
    absent = [name for name in MODULES if find_spec(name) is None]
    some = f" (no {', '.join(absent)})" if len(absent) < len(MODULES) else ""
    return f"the extra `lab` is not installed here{some}" if absent else None


def require_lab() -> None:
    """Raise LabNotInstalled, with how to install it, unless the extra is installed."""
    if refusal := lab_refusal():
        raise LabNotInstalled(f"{refusal}: {INSTALL}")
