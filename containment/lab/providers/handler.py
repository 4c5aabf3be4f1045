"""What a stand-in provider knows about one resource type: the `Handler` that `base.Provider` dispatches to.

Rules: a handler sees plain Python (camelCase keys, no secret wrappers, no unknowns except where said) and runs in a thread, so it may
block. It raises `RefusedError` (or any exception: its text becomes the one message) when something cannot be done. Comparing inputs,
previews, secrets, replays after a crash: `base` does those with what the handler declares here.

    class Thing(Handler):
        token = "aviatrix:index/thing:Thing"
        computed = frozenset({"thingId"})              # unknown in a preview unless the inputs set them
        replace_on = frozenset({"name"})               # a change here means a new thing
        defaults = {"watch": False}                    # filled in by Check
        def create(self, call, inputs):
            ident = post(...)
            call.claim(ident)                          # right after the call that made it: nothing is orphaned if the rest fails
            return ident, {"thingId": ident}           # outputs; inputs that are not in them are echoed
        def read(self, call, ident, state): ...        # the live properties, or None when the thing is gone
        def update(self, call, ident, state, inputs): ...
        def delete(self, call, ident, state): ...      # deleting what is gone already succeeds
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from containment.lab.wire import UNKNOWN, has_unknown

Props = dict[str, Any]


class RefusedError(Exception):
    """The provider cannot or will not do this; the text says what, why and what to do."""


@dataclass(frozen=True)
class Call:
    """One request: whom it is for, and how its caller configured the provider.

    `config` is the provider configuration as plain values (nested ones decoded). `claim(id)` records that something now
    exists under that id, before the rest of a create is done; with it, properties that deleting it again needs.
    """

    urn: str
    token: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    claim: Callable[..., None] = lambda _, **__: None
    once: str = ""
    """In a create of a handler that `replays`: the token under which the same call gets the same answer."""


class Handler:
    """One resource type. Class attributes declare, methods do; override what the type needs."""

    token: str = ""
    computed: frozenset[str] = frozenset()
    """Output properties the cloud fills in: unknown in a preview where the inputs leave them out, kept when an input is removed."""
    computed_in: Mapping[str, frozenset[str]] = {}
    """The same inside an object property: {"metadataOptions": {"httpEndpoint", ...}}."""
    replace_on: frozenset[str] = frozenset()
    """Inputs whose change means a new resource (see also `forces_replacement`)."""
    defaults: Mapping[str, Any] = {}
    """Values Check fills in for inputs that are not set."""
    required: frozenset[str] = frozenset()
    """Inputs without which Check fails."""
    autoname: str | None = None
    """The input that Check fills with `<logical name>-<7 hex>` when it is not set."""
    secrets: frozenset[str] = frozenset()
    """Outputs that are secret whatever the inputs were."""
    sets: frozenset[str] = frozenset()
    """List inputs whose order means nothing."""
    documents: frozenset[str] = frozenset()
    """String inputs that hold JSON and are compared by meaning."""
    delete_first: bool = False
    """Replace by deleting first, because two cannot exist at once."""
    replays: bool = False
    """Whether a create asked for again with the same inputs and `call.once` finds what the first has made, even when nobody knows that."""

    def uncertain(self, error: Exception) -> bool:  # noqa: ARG002
        """Tell whether something may have been made although a call ended in this error."""
        return False

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        """Return what is wrong with the inputs as (property, reason); values may be UNKNOWN. May fill in inputs in place."""
        return ()

    def forces_replacement(self, key: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Tell whether this changed top-level input means a new resource."""
        return key in self.replace_on

    def replacements(self, keys: Iterable[str], old: Props, new: Props) -> set[str]:
        """Return which of the changed inputs mean a new resource; override where that depends on other inputs."""
        return {key for key in keys if self.forces_replacement(key, old.get(key), new.get(key))}

    def preview(self, call: Call, inputs: Props) -> Props:  # noqa: ARG002
        """Return outputs that are known already in a preview of create, beyond the inputs themselves."""
        return {}

    def renewed(self, changed: Iterable[str], inputs: Props) -> Iterable[str]:  # noqa: ARG002
        """Return the outputs that an update of these inputs changes, so that they are unknown in its preview."""
        return ()

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Make it; return (id, outputs)."""
        raise NotImplementedError(self.token)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return its live properties, or None when it is gone. `state` holds what was known last ({} on import)."""
        raise NotImplementedError(self.token)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Bring it to the inputs and return its outputs; doing so twice is the same as once."""
        raise NotImplementedError(self.token)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Make it gone; it may be gone already."""
        raise NotImplementedError(self.token)

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Tell whether two values of a property mean the same: absent nested values, set order and JSON layout do not matter."""
        return bool(self._meaning(key, one) == self._meaning(key, other))

    def _meaning(self, key: str, value: Any) -> Any:
        if key in self.documents and isinstance(value, str) and value != UNKNOWN:
            try:
                return _canonical(json.loads(value))
            except json.JSONDecodeError:
                return value
        value = _trimmed(value)
        if key in self.sets and isinstance(value, list):
            return sorted((_canonical(item) for item in value), key=repr)
        return value

    def changes(self, old_inputs: Props, state: Props, inputs: Props) -> list[str]:
        """Return the top-level inputs that differ from what is deployed, as the Terraform bridge sees it.

        A value that is set now and equals the state is no change; an input that is removed is none where the cloud computes it.
        """
        changed = []
        for key in sorted({*old_inputs, *inputs}):
            if key.startswith("__"):
                continue
            old, new = old_inputs.get(key), inputs.get(key)
            if key not in inputs and key in self.computed:
                continue
            if key not in old_inputs and key in state:
                old = state[key]
            if not self.same(key, old, new):
                changed.append(key)
        return changed

    def settled(self, inputs: Props, live: Props) -> Props:
        """Return outputs: what is live, in the words of the inputs where both mean the same."""
        out = {key: value for key, value in {**inputs, **live}.items() if value is not None}
        for key, given in inputs.items():
            if key in live and (self.same(key, given, live[key]) or self.same(key, given, narrowed(given, live[key]))):
                out[key] = live[key] if isinstance(given, dict) and isinstance(live[key], dict) else given
        return out

    def live_inputs(self, old_inputs: Props, live: Props, accepted: frozenset[str] | None) -> Props:
        """Return inputs as a refresh sees them: the old ones, with live values where they differ.

        Without old inputs (an import) every accepted input that is live and not empty is taken.
        """
        if not old_inputs:
            return {k: v for k, v in live.items() if (accepted is None or k in accepted) and v not in (None, "", [], {})}
        out = {}
        for key, given in old_inputs.items():
            value = narrowed(given, live[key]) if key in live else given
            if key not in live or self.same(key, given, value):
                out[key] = given
            elif value is not None:
                out[key] = value
        return out


def narrowed(given: Any, live: Any) -> Any:
    """Return `live` with only the keys that `given` names, so that what the cloud adds is not taken for drift."""
    if isinstance(given, dict) and isinstance(live, dict):
        return {key: narrowed(given[key], live[key]) for key in given if key in live}
    if isinstance(given, list) and isinstance(live, list) and len(given) == len(live):
        return [narrowed(one, other) for one, other in zip(given, live, strict=True)]
    return live


def with_unknowns(inputs: Props, handler: Handler) -> Props:
    """Return the outputs a preview of create shows: the inputs, and UNKNOWN for what only the cloud can say."""
    out = {**dict.fromkeys(handler.computed, UNKNOWN), **inputs}
    for key, inner in handler.computed_in.items():
        if isinstance(out.get(key), dict) and not has_unknown(out[key]):
            out[key] = {**dict.fromkeys(inner, UNKNOWN), **out[key]}
    return out


def _trimmed(value: Any) -> Any:
    """Return `value` without absent or empty things inside objects; whole floats are ints."""
    if isinstance(value, dict):
        inner = {key: _trimmed(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item not in (None, "", [], {}) and item is not False}
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _canonical(value: Any) -> Any:
    """Return `value` with inner lists as order-free and one-element lists as their element (IAM's reading of JSON)."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return _canonical(value[0]) if len(value) == 1 else sorted((_canonical(item) for item in value), key=repr)
    return value
