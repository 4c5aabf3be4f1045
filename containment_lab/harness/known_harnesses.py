"""The harnesses that the lab can start, each in the tested version, and the unavailable ones, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, kw_only=True)
class KnownHarness:
    """A harness in a package registry.

    Attributes:
        version: The tested version.
        start: The command that starts it by itself.
        complete: A command that finishes its installation, which the harness otherwise does at its first start, in its own folder.
        variables: Invented settings that it needs.
    """

    version: str
    start: tuple[str, ...]
    complete: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


NPM: Final = {
    "openclaw": KnownHarness(
        version="2026.9.6",
        start=("openclaw", "gateway", "--allow-unconfigured", "--bind", "loopback"),
        complete=("openclaw", "--version"),
    ),
}
PYPI: Final = {
    "hermes-agent": KnownHarness(
        version="0.19.0",
        start=("hermes", "chat", "-q", "hello"),
        variables={"OPENROUTER_API_KEY": "not-a-key"},
    ),
}
UNAVAILABLE: Final = {
    "nemoclaw": "NemoClaw is NVIDIA's installer script, which needs Docker and fetches container images; the packages of that name on "
    "npm (0.1.0) and PyPI (0.0.0a1) are empty. It runs OpenClaw in its sandbox",
}
"""Harness → the reason why it is not run here."""
INSTEAD: Final = {"nemoclaw": "try --with openclaw, the same program"}
"""Harness that is not run here → what to try."""


def find_names() -> list[str]:
    """Return the names of all harnesses."""
    return sorted({*NPM, *PYPI, *UNAVAILABLE})
