"""The web server of the page: whether the packages of the extra `tools` that it needs are installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from containment.errors import ContainmentError

MODULES: Final = ("starlette", "uvicorn")
"""What the page needs, by import name; the extra's `mcp` depends on both."""
INSTALL: Final = "pip install 'agent-containment[tools]', or `make setup` in a checkout"
"""How to install the extra."""


class ToolsNotInstalled(ContainmentError):  # noqa: N818 - names the state
    """The page is served, and the extra `tools` is not installed."""


def require_tools() -> None:
    """Raise ToolsNotInstalled, with how to install it, unless the extra is installed."""
    if absent := [name for name in MODULES if find_spec(name) is None]:
        raise ToolsNotInstalled(f"the extra `tools` is not installed here (no {', '.join(absent)}): {INSTALL}")
