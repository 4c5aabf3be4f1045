"""Optional extras: which packages of an extra are missing, and the one error that names the extra.

The code of every extra is part of each installation; the packages that it runs on are not. Code that needs an extra calls
`Extra.require` first, so that no command ends with an ImportError. Envoy is part of the extra `lab` on Linux and x86-64 only, and has a
check of its own in `doctor`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from containment.errors import ContainmentError


class ExtraNotInstalled(ContainmentError):  # noqa: N818 - names the state
    """A command needs an extra that is not installed."""


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of the distribution."""

    name: str
    modules: tuple[str, ...]
    """The import names of the packages that are needed."""

    @property
    def fix(self) -> str:
        """The command that installs the extra."""
        return f"pip install 'agent-containment[{self.name}]', or `make setup` in a checkout"

    def find_problem(self) -> str | None:
        """Return in a few words that the extra is not installed; None when it is."""
        absent = [name for name in self.modules if find_spec(name) is None]
        some = f" (no {', '.join(absent)})" if len(absent) < len(self.modules) else ""
        return f"the extra `{self.name}` is not installed here{some}" if absent else None

    def require(self) -> None:
        """Raise ExtraNotInstalled, with the command that installs it, unless the extra is installed."""
        if problem := self.find_problem():
            raise ExtraNotInstalled(f"{problem}: {self.fix}")


LAB: Final = Extra("lab", ("moto", "flask", "starlette", "uvicorn", "python_multipart", "jinja2"))
"""A simulated cloud, a web server, pages: what only the lab runs on."""
OBSERVE: Final = Extra("observe", ("ibis", "duckdb", "pyarrow"))
"""Tables of logs."""
TOOLS: Final = Extra("tools", ("mcp", "cedarpy"))
"""The tool gateway and its decisions."""
APPROVAL_PAGE: Final = Extra("tools", ("starlette", "uvicorn"))
"""The web server of the approval page; `mcp`, of the same extra, depends on both."""
