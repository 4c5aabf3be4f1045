"""What a type's life is, for the tests of every served aws type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.containment_lab.providers.conftest import Props


@dataclass(frozen=True)
class Life:
    """One type's life. `world` gives the ids it needs; `seen(clients, id, phase)` reads it back from AWS itself."""

    token: str
    start: Callable[[Any], Props]
    update: Props | Callable[[Any], Props] | None = None
    replace: Props | Callable[[Any], Props] | None = None
    seen: Callable[[Any, str, bool], bool] | None = None
    stays: bool = False
    """It is always there: deleting it leaves something behind."""
    unknown: tuple[str, ...] = field(default=())
    """Some of what a preview cannot know."""


def one(answer: Props, key: str) -> Any:
    return answer[key][0]
