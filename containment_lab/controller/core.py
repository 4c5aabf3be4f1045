"""Types shared by all parts of the Controller: the Controller with its state, settings and account, and a call.

A part exports `ACTIONS` (name → handler, the action dialect) and `ROUTES` (method, path pattern, handler: the REST
dialect; `*` in a pattern matches one path segment). A handler receives the Controller and the call and returns the
result; it raises `RefusedError` when the Controller would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from containment_lab.controller.errors import RefusedError
from containment_lab.controller.settings import Settings
from containment_lab.controller.store import Json, Store


@dataclass(frozen=True)
class Call:
    """One request: the fields of an action, or the query, body and path parts of a REST call."""

    fields: Mapping[str, Any]
    """Query, form and multipart fields as strings; the JSON body's members as they are."""
    parts: tuple[str, ...] = ()
    """The path segments that the `*` of the route's pattern matched."""

    def get_text(self, name: str, default: str | None = None) -> str:
        """Return a field as text; raise RefusedError if it is missing and there is no default."""
        value = self.fields.get(name)
        if value is None or value == "":
            if default is None:
                raise RefusedError(f"Missing parameter: {name}.")
            return default
        return str(value)

    def get_number(self, name: str, default: int | None = None) -> int:
        """Return a field as a whole number; raise RefusedError if it is none."""
        text = self.get_text(name, None if default is None else str(default))
        try:
            return int(text)
        except ValueError:
            raise RefusedError(f"{name} must be a number, not {text!r}.") from None

    def is_true(self, name: str, words: tuple[str, ...] = ("yes", "true", "on", "enabled")) -> bool:
        """Return whether a field has one of the API's spellings of true."""
        return self.get_text(name, "").lower() in words


@dataclass
class Controller:
    """One running Controller."""

    settings: Settings
    store: Store
    account: Any
    """The AWS account, `account.Account`; not typed here, so that parts without AWS calls do not import boto3."""
    tasks: Any = field(default=None)
    """The asynchronous tasks, `tasks.Tasks`."""


Handler = Callable[[Controller, Call], Any]
Actions = dict[str, Handler]
Routes = list[tuple[str, str, Handler]]


StateHandler = Callable[[Controller, Json, Call], Any]
"""A handler that works on the state under its lock."""


def read(handler: StateHandler) -> Handler:
    """Return a handler that only reads the state."""

    def answer(controller: Controller, call: Call) -> Any:
        with controller.store.read_state() as state:
            return handler(controller, state, call)

    return answer


def change(handler: StateHandler) -> Handler:
    """Return a handler that changes the state, or leaves it as it was if it refuses."""

    def answer(controller: Controller, call: Call) -> Any:
        with controller.store.change_state() as state:
            return handler(controller, state, call)

    return answer


def start_task(handler: StateHandler) -> Handler:
    """Return a handler that runs a task after `handler`, which returns the task's id, has changed the state."""
    changing = change(handler)

    def answer(controller: Controller, call: Call) -> Any:
        task = changing(controller, call)
        controller.tasks.run(task)
        return task

    return answer


def serve_collection(path: str, list_all: Handler, create: Handler, get: Handler, update: Handler, delete: Handler) -> Routes:
    """Return the routes of a collection of objects; an object's path ends in its id."""
    one = f"{path}/*"
    return [("GET", path, list_all), ("POST", path, create), ("GET", one, get), ("PUT", one, update), ("DELETE", one, delete)]


def require_found(found: Json | None, missing: str, status: int = 404) -> Json:
    """Return an object of the state; raise RefusedError with the text `missing` if there is none."""
    if found is None:
        raise RefusedError(missing, status)
    return found
