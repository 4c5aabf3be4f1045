"""The extra `tools`: whether the packages of the tool gateway are installed, and the one error that names the extra."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from containment.errors import ContainmentError

MODULES: Final = ("mcp", "cedarpy")
"""What the extra adds, by import name."""
INSTALL: Final = "pip install 'agent-containment[tools]', or `make setup` in a checkout"
"""How to install the extra."""


class ToolsNotInstalled(ContainmentError):  # noqa: N818 - names the state
    """A command serves or decides tool calls, and the extra `tools` is not installed."""


def find_missing_tools() -> str:
    """Return in a few words why no tool call can be decided here, empty when the extra is installed."""
    absent = [name for name in MODULES if find_spec(name) is None]
    return f"the extra `tools` is not installed here (no {', '.join(absent)})" if absent else ""


def require_tools() -> None:
    """Raise ToolsNotInstalled, with how to install it, unless the extra is installed."""
    if missing := find_missing_tools():
        raise ToolsNotInstalled(f"{missing}: {INSTALL}")
