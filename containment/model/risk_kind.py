"""One kind of residual risk: what stays possible, when, what closes it, and which key decides it.

`found` returns the names that make it real for one stack, () when it holds without any, and None when it does not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from containment.model.spec import ContainmentSpec

Found: TypeAlias = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RiskKind:
    """One kind: `key` is the configuration key that decides it, empty when none can close it."""

    id: str
    what: str
    closed_by: str
    key: str
    found: Callable[[ContainmentSpec], Found]


def off(field: str) -> Callable[[ContainmentSpec], Found]:
    """Return when a protection is off."""
    return lambda spec: None if getattr(spec.config, field) else ()


def on(field: str) -> Callable[[ContainmentSpec], Found]:
    """Return when an opening is on."""
    return lambda spec: () if getattr(spec.config, field) else None


def named(names: Iterable[object]) -> Found:
    """Return the names that make a risk real; without one it does not hold."""
    return tuple(map(str, names)) or None
