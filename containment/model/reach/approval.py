"""One approved name, with the owner of the host and the file or key that approved it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Approval:
    """One approved name: who owns it, and which catalog file or stack key approves it."""

    name: str
    owner: str
    source: str
