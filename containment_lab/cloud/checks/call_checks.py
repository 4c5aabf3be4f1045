"""Checks in front of moto's methods: each raises the error that AWS returns."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, Mapping[str, Any]], None]
"""Receives moto's backend and the arguments of a call by name; raises to refuse the call."""


def add_check(owner: Any, name: str, check: Check) -> None:
    """Run a check before one of moto's methods, in this process.

    Args:
        owner: The class.
        name: The method's name.
        check: The check; it receives further keyword arguments of the call as well.
    """
    original = getattr(owner, name)
    signature = inspect.signature(original)
    rest = next((each.name for each in signature.parameters.values() if each.kind is inspect.Parameter.VAR_KEYWORD), "")

    @functools.wraps(original)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = dict(signature.bind(self, *args, **kwargs).arguments)
        check(self, given | given.pop(rest, {}))
        return original(self, *args, **kwargs)

    setattr(owner, name, checked)
