"""What every part of the Controller works with: its state, settings and account, and the shape of a call.

A part exports `ACTIONS` (name → handler, the action dialect) and `ROUTES` (method, path pattern, handler: the REST
dialect; `*` in a pattern stands for one path segment). A handler gets the Controller and the call and returns the
result; it raises `RefusedError` when the Controller would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from containment.lab.controller.errors import RefusedError
from containment.lab.controller.settings import Settings
from containment.lab.controller.store import Store


@dataclass(frozen=True)
class Call:
    """One request: the fields of an action, or the query, body and path parts of a REST call."""

    fields: Mapping[str, Any]
    """Query, form and multipart fields as strings; the JSON body's members as they are."""
    parts: tuple[str, ...] = ()
    """What the `*` of the route's pattern stood for."""

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field as text; without a default it is demanded."""
        value = self.fields.get(name)
        if value is None or value == "":
            if default is None:
                raise RefusedError(f"Missing parameter: {name}.")
            return default
        return str(value)

    def number(self, name: str, default: int | None = None) -> int:
        """Return a field as a whole number."""
        text = self.text(name, None if default is None else str(default))
        try:
            return int(text)
        except ValueError:
            raise RefusedError(f"{name} must be a number, not {text!r}.") from None

    def yes(self, name: str, words: tuple[str, ...] = ("yes", "true", "on", "enabled")) -> bool:
        """Tell whether a field says yes in one of the API's several ways."""
        return self.text(name, "").lower() in words


@dataclass
class Controller:
    """One running Controller."""

    settings: Settings
    store: Store
    account: Any
    """The AWS side, `account.Account` (typed there, to keep boto3 out of the parts that do not need it)."""
    tasks: Any = field(default=None)
    """The asynchronous tasks, `tasks.Tasks`."""


Handler = Callable[[Controller, Call], Any]
Actions = dict[str, Handler]
Routes = list[tuple[str, str, Handler]]
