"""The common part of all aviatrix types: their session, the release that introduced them, and Terraform's comparison.

The bridge adds nothing to inputs; defaults are in the comparison and in the outputs, and every resource has its id twice (`id` and
`<type>Id`). Drift in a field that the program leaves unset is drift from that field's default.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from containment.controller_api.errors import CallRefusedError
from containment_lab.providers.aviatrix.client import Client, get_session
from containment_lab.providers.handler import Call, Handler, Props, RefusedError, UnservedError, narrow_to_keys
from containment_lab.wire import UNKNOWN

PACKAGE = "aviatrix:index/"


class AviatrixResource(Handler):
    """One type of the package. Subclasses declare its properties and override its methods."""

    type_name: str = ""
    """The type in camel case, `smartGroup`."""
    inputs: frozenset[str] = frozenset()
    """All inputs of the type."""
    since: tuple[int, int, int] = (0, 0, 0)
    """The provider release that introduced the type."""
    newer: Mapping[str, tuple[int, int, int]] = {}
    """Inputs newer than the type, with the provider release that introduced each; older releases preview them but create none."""
    unless_set: Mapping[str, Any] = {}
    """Terraform's defaults: the meaning of an unset field."""
    enriched: frozenset[str] = frozenset()
    """Inputs whose live value has more than the given one (uuids, defaults) and is kept whole in the outputs."""

    @property
    def own_id(self) -> str:
        """The output that repeats the id."""
        return f"{self.type_name}Id"

    def __init__(self) -> None:
        self.token = f"{PACKAGE}{self.type_name}:{self.type_name[0].upper()}{self.type_name[1:]}"
        self.computed = self.computed | {self.own_id}

    def get_client(self, call: Call) -> Client:
        """Return the session with the call's Controller."""
        return get_session(call.config)

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Return the failures of the provider's plan-time validation."""
        if (release := parse_release(call.config)) and release < self.since:
            since = ".".join(map(str, self.since))
            raise RefusedError(f"{self.token} is not in provider release {call.config['release']}; {since} introduced it.")
        known = self.inputs | self.computed
        yield from ((key, f"Invalid or unknown key {key!r}") for key in sorted(inputs) if key not in known and not key.startswith("__"))
        yield from self.validate(call, {key: value for key, value in inputs.items() if value is not None and value != UNKNOWN})

    def refuse_newer(self, call: Call, inputs: Props) -> None:
        """Refuse to create inputs that the release in force does not have."""
        for key, first in self.newer.items():
            if inputs.get(key) and self.is_before(call, first):
                since = ".".join(map(str, first))
                raise RefusedError(f"{self.type_name}.{key} came with provider release {since}, and {call.config['release']} is in force")

    def is_before(self, call: Call, first: tuple[int, int, int]) -> bool:
        """Return whether the provider release in force is known and older than another."""
        release = parse_release(call.config)
        return bool(release) and release < first

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Return the failures of the known inputs, as (property, reason)."""
        return ()

    def find_changes(self, old_inputs: Props, state: Props, inputs: Props) -> list[str]:
        """Return the inputs that differ; an unset one counts as its default, and drifted live values count."""
        changed = set(super().find_changes(old_inputs, state, inputs))
        for key, default in self.unless_set.items():
            if key not in inputs and not self.is_same(key, state.get(key, default), default):
                changed.add(key)
            elif self.is_same(key, old_inputs.get(key, default), inputs.get(key, default)):
                changed.discard(key)
        return sorted(changed)

    def settle_outputs(self, inputs: Props, live: Props) -> Props:
        """Return outputs: the live values; in the form of the inputs where both mean the same."""
        return {**super().settle_outputs(inputs, live), **{key: live[key] for key in self.enriched & live.keys()}}

    def derive_inputs(self, old_inputs: Props, live: Props, accepted: frozenset[str] | None) -> Props:
        """Return inputs for a refresh: the given value, or the live one where its meaning differs."""
        if not old_inputs:
            return super().derive_inputs(old_inputs, live, accepted)
        return {
            key: given if key not in live or self.is_same(key, given, live[key]) else self.convert_to_input(key, given, live[key])
            for key, given in old_inputs.items()
        }

    def convert_to_input(self, key: str, given: Any, live: Any) -> Any:
        """Return a drifted live value in the form of an input."""
        return narrow_to_keys(given, live)

    def add_id(self, ident: str, **outputs: Any) -> Props:
        """Return outputs with the id among them."""
        return {self.own_id: ident, **outputs}


class SingletonResource(AviatrixResource):
    """A type of which a Controller has one object, named after its address: a create is a change of it."""

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Set the object."""
        ident = self.get_client(call).singleton
        call.claim(ident)
        return ident, self.update(call, ident, {}, inputs)


class RestResource(AviatrixResource):
    """A type whose objects each have a path of the REST API; one left by a killed run (same name and content) is adopted."""

    path: str = ""
    called: str = ""
    """The type in the provider's messages."""

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the whole object in the API's form; `state` is empty on create."""
        raise NotImplementedError

    def find_leftover(self, call: Call, body: Props) -> str:
        """Return the id of the object with this name and content, "" without one."""
        raise NotImplementedError

    def find_object(self, call: Call, ident: str) -> Props | None:
        """Return the object in the API's form, None when it does not exist."""
        try:
            return dict(self.get_client(call).call_rest("GET", f"{self.path}/{ident}"))
        except CallRefusedError as error:
            if error.status == 404:
                return None
            raise

    def get_outputs(self, call: Call, ident: str, inputs: Props) -> Props:
        """Return the outputs after a create or an update."""
        return self.add_id(ident, uuid=ident)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Create the object, or adopt the one of a killed run."""
        body = self.build_body(call, inputs, {})
        try:
            ident = str(self.get_client(call).call_rest("POST", self.path, body)["uuid"])
        except CallRefusedError as error:
            ident = self.find_leftover(call, body) if error.status == 409 else ""
            if not ident:
                raise RefusedError(f"failed to create {self.called}: {error}") from None
        call.claim(ident)
        return ident, self.get_outputs(call, ident, inputs)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Change the whole object in place."""
        self.get_client(call).call_rest("PUT", f"{self.path}/{ident}", self.build_body(call, inputs, {**state, self.own_id: ident}))
        return self.get_outputs(call, ident, inputs)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete the object; the Controller refuses while another one uses it, and a killed run may have deleted it."""
        try:
            self.get_client(call).call_rest("DELETE", f"{self.path}/{ident}")
        except CallRefusedError as error:
            if error.status != 404:
                raise


class PreviewOnlyResource(AviatrixResource):
    """A type that can be previewed and that the lab cannot create."""

    def __init__(self, token: str) -> None:
        self.type_name = token.removeprefix(PACKAGE).partition(":")[0]
        super().__init__()
        self.token = token

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Accept any input."""
        return ()

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Refuse to create the resource, by name."""
        what = f"the lab cannot create {call.token} ({call.name}): it can only be previewed there"
        raise UnservedError(what, fix="leave it out, or use AWS")


def parse_release(config: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the provider release in force as numbers, () when the program sets none."""
    parts = str(config.get("release") or "").split("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def find_same(listed: Iterable[Props], key: str, body: Props) -> str:
    """Return the uuid of the listed object with the body's name (its value at `key`) and content, "" without one."""
    named = next((each for each in listed if each[key] == body[key]), {})
    return str(named["uuid"]) if {**body, "uuid": named.get("uuid")} == named else ""
