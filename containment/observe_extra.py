"""The extra `observe`: whether the packages that read and query logs are installed, and the one error that names the extra."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from containment.errors import ContainmentError

MODULES: Final = ("ibis", "duckdb", "pyarrow")
"""What the extra adds, by import name."""
INSTALL: Final = "pip install 'agent-containment[observe]', or `make setup` in a checkout"
"""How to install the extra."""


class ObserveNotInstalled(ContainmentError):  # noqa: N818 - names the state
    """A command reads logs, and the extra `observe` is not installed."""


def require_observe() -> None:
    """Raise ObserveNotInstalled, with how to install it, unless the extra is installed."""
    if absent := [name for name in MODULES if find_spec(name) is None]:
        raise ObserveNotInstalled(f"the extra `observe` is not installed here (no {', '.join(absent)}): {INSTALL}")
