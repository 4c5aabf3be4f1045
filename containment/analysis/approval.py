"""Approval of one name: the owner of the host, and the file or key that approves it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Approval:
    """One approved name: its owner, and the catalog file or stack key that approves it (`source`)."""

    name: str
    owner: str
    source: str
