"""What all aviatrix types share: their session, the release that brought them, and Terraform's way of comparing.

The bridge adds nothing to inputs; defaults live in the comparison and in the outputs, and every resource has its id twice
(`id` and `<type>Id`). Drift in a field that the program leaves out is drift from that field's default.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from containment.lab.providers.aviatrix.client import Client, ControllerError
from containment.lab.providers.aviatrix.sessions import session
from containment.lab.providers.handler import Call, Handler, Props, RefusedError, narrowed
from containment.lab.wire import UNKNOWN

PACKAGE = "aviatrix:index/"


class AviatrixResource(Handler):
    """One type of the package; subclasses declare and do the rest."""

    type_name: str = ""
    """The type in camel case, `smartGroup`."""
    inputs: frozenset[str] = frozenset()
    """Every input the type has."""
    since: tuple[int, int, int] = (0, 0, 0)
    """The provider release that brought the type."""
    unless_set: Mapping[str, Any] = {}
    """Terraform's defaults: what a field that is not set means."""
    enriched: frozenset[str] = frozenset()
    """Inputs whose live value says more than was given (uuids, defaults) and is kept whole in the outputs."""

    @property
    def own_id(self) -> str:
        """The output that repeats the id."""
        return f"{self.type_name}Id"

    def __init__(self) -> None:
        self.token = f"{PACKAGE}{self.type_name}:{self.type_name[0].upper()}{self.type_name[1:]}"
        self.computed = self.computed | {self.own_id}

    def client(self, call: Call) -> Client:
        """Return the session with the call's Controller."""
        return session(call.config)

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Return what the provider's own plan-time validation refuses."""
        if (release := release_of(call.config)) and release < self.since:
            since = ".".join(map(str, self.since))
            raise RefusedError(f"{self.token} is not in provider release {call.config['release']}; {since} brought it.")
        known = self.inputs | self.computed
        yield from ((key, f"Invalid or unknown key {key!r}") for key in sorted(inputs) if key not in known and not key.startswith("__"))
        yield from self.validate(call, {key: value for key, value in inputs.items() if value is not None and value != UNKNOWN})

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Return what is wrong with the inputs that are known, as (property, reason)."""
        return ()

    def changes(self, old_inputs: Props, state: Props, inputs: Props) -> list[str]:
        """Return the inputs that differ; one that is not set is its default, and live values that strayed from it count."""
        changed = set(super().changes(old_inputs, state, inputs))
        for key, default in self.unless_set.items():
            if key not in inputs and not self.same(key, state.get(key, default), default):
                changed.add(key)
            elif self.same(key, old_inputs.get(key, default), inputs.get(key, default)):
                changed.discard(key)
        return sorted(changed)

    def settled(self, inputs: Props, live: Props) -> Props:
        """Return outputs: the live values, those that say no more than the inputs in the inputs' words."""
        return {**super().settled(inputs, live), **{key: live[key] for key in self.enriched & live.keys()}}

    def live_inputs(self, old_inputs: Props, live: Props, accepted: frozenset[str] | None) -> Props:
        """Return inputs as a refresh sees them: what was given, or what is live where that means something else."""
        if not old_inputs:
            return super().live_inputs(old_inputs, live, accepted)
        return {
            key: given if key not in live or self.same(key, given, live[key]) else self.as_input(key, given, live[key])
            for key, given in old_inputs.items()
        }

    def as_input(self, key: str, given: Any, live: Any) -> Any:
        """Return a live value that strayed in the form an input has."""
        return narrowed(given, live)

    def identified(self, ident: str, **outputs: Any) -> Props:
        """Return outputs with the id among them."""
        return {self.own_id: ident, **outputs}


class PreviewOnly(AviatrixResource):
    """A type that can be planned and judged, and that the lab cannot make."""

    def __init__(self, token: str, inputs: frozenset[str] | None = None) -> None:
        self.type_name = token.removeprefix(PACKAGE).partition(":")[0]
        super().__init__()
        self.token = token
        self._known = inputs

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Accept any input, unless the type's are known."""
        if self._known is not None:
            self.inputs = self._known
            yield from super().check(call, inputs)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Refuse, by name."""
        raise RefusedError(f"the lab cannot create {call.token} ({call.name}): it can only be previewed there. Leave it out, or use AWS.")


def release_of(config: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the provider release in force as numbers, () when none was named."""
    parts = str(config.get("release") or "").split("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def gone_is_fine(error: ControllerError) -> None:
    """Let pass that a thing to be deleted is not there any more (a run that was killed had deleted it); raise anything else."""
    if error.status != 404:
        raise error
