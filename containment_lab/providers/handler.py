"""Resource types of a simulated provider: the `Handler` to which `base.Provider` dispatches.

Rules: a handler receives plain Python (camelCase keys, no secret wrappers, no unknowns except where documented) and runs in a thread, so it
may block. It raises `RefusedError` (or any exception: its text becomes the one message) when something cannot be done. `base` compares
inputs, previews, handles secrets and replays after a crash, from the handler's declarations.

    class Thing(Handler):
        token = "aviatrix:index/thing:Thing"
        computed = frozenset({"thingId"})              # unknown in a preview unless the inputs set them
        replace_on = frozenset({"name"})               # a change here means a new thing
        defaults = {"watch": False}                    # filled in by Check
        def create(self, call, inputs):
            ident = post(...)
            call.claim(ident)                          # right after the call that made it: nothing is orphaned if the rest fails
            return ident, {"thingId": ident}           # outputs; inputs that are not in them are echoed
        def read(self, call, ident, state): ...        # the live properties, or None when the thing does not exist
        def update(self, call, ident, state, inputs): ...
        def delete(self, call, ident, state): ...      # deleting a missing thing succeeds
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from containment.errors import ContainmentError
from containment_lab.wire import UNKNOWN, has_unknown

Props = dict[str, Any]


class RefusedError(ContainmentError):
    """The provider cannot or will not do this; the message has the reason and the fix."""


class UnservedError(RefusedError):
    """What the simulated cloud or Controller does not have, while the real one may."""

    def __init__(
        self, what: str, *, fix: str, why: str = "the lab simulates what the programs of this project create, and nothing else"
    ) -> None:
        super().__init__(f"{what}\n    why: {why}\n    fix: {fix}")


@dataclass(frozen=True)
class Call:
    """One request: its resource, and its caller's configuration of the provider.

    `config` is the provider configuration as plain values (nested ones decoded). `claim(id)` records that an object exists under that id,
    before the rest of a create is done; its keyword arguments are properties that its deletion needs.
    """

    urn: str
    token: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    claim: Callable[..., None] = lambda _, **__: None
    once: str = ""
    """In a create of a handler that `replays`: the token under which the same call gets the same answer."""


class Handler:
    """One resource type: class attributes declare, methods act; subclasses override them as needed."""

    token: str = ""
    computed: frozenset[str] = frozenset()
    """Output properties the cloud fills in: unknown in a preview where the inputs leave them out, kept when an input is removed."""
    computed_in: Mapping[str, frozenset[str]] = {}
    """The same inside an object property: {"metadataOptions": {"httpEndpoint", ...}}."""
    replace_on: frozenset[str] = frozenset()
    """Inputs whose change requires a new resource (see also `forces_replacement`)."""
    defaults: Mapping[str, Any] = {}
    """Defaults that Check fills in."""
    required: frozenset[str] = frozenset()
    """Inputs without which Check fails."""
    autoname: str | None = None
    """The input that Check fills with `<logical name>-<7 hex>` when it is not set."""
    secrets: frozenset[str] = frozenset()
    """Outputs that are always secret."""
    sets: frozenset[str] = frozenset()
    """List inputs whose order has no meaning."""
    documents: frozenset[str] = frozenset()
    """String inputs that contain JSON and are compared by meaning."""
    delete_first: bool = False
    """Replace by deleting first, because two cannot exist at once."""
    replays: bool = False
    """Whether a repeated create with the same inputs and `call.once` finds the result of the first, even if its id is unknown."""

    def is_uncertain(self, error: Exception) -> bool:  # noqa: ARG002
        """Return whether an object may have been created although a call ended in this error."""
        return False

    def check(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        """Return the failures of the inputs as (property, reason); values may be UNKNOWN. May fill in inputs in place."""
        return ()

    def is_replacement_required(self, key: str, old: Any, new: Any) -> bool:  # noqa: ARG002
        """Return whether this changed top-level input requires a new resource."""
        return key in self.replace_on

    def find_replacements(self, keys: Iterable[str], old: Props, new: Props) -> set[str]:
        """Return the changed inputs that require a new resource; override where that depends on other inputs."""
        return {key for key in keys if self.is_replacement_required(key, old.get(key), new.get(key))}

    def compute_preview(self, call: Call, inputs: Props) -> Props:  # noqa: ARG002
        """Return outputs that are known already in a preview of create, beyond the inputs themselves."""
        return {}

    def find_renewed(self, changed: Iterable[str], inputs: Props) -> Iterable[str]:  # noqa: ARG002
        """Return the outputs that an update of these inputs changes, so that they are unknown in its preview."""
        return ()

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Create the object; return (id, outputs)."""
        raise NotImplementedError(self.token)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return its live properties, or None when it does not exist. `state` has the last known ones ({} on import)."""
        raise NotImplementedError(self.token)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Apply the inputs and return its outputs; must be idempotent."""
        raise NotImplementedError(self.token)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete it; it may not exist any more."""
        raise NotImplementedError(self.token)

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Return whether two values of a property mean the same: absent nested values, set order and JSON layout do not matter."""
        return bool(self._normalize_value(key, one) == self._normalize_value(key, other))

    def _normalize_value(self, key: str, value: Any) -> Any:
        if key in self.documents and isinstance(value, str) and value != UNKNOWN:
            try:
                return _normalize_document(json.loads(value))
            except json.JSONDecodeError:
                return value
        value = _trim_value(value)
        if key in self.sets and isinstance(value, list):
            return sorted((_normalize_document(item) for item in value), key=repr)
        return value

    def find_changes(self, old_inputs: Props, state: Props, inputs: Props) -> list[str]:
        """Return the top-level inputs that differ from the deployed ones, as the Terraform bridge computes them.

        A value that is set now and equals the state is no change; removing an input is none where the cloud computes it.
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
            if not self.is_same(key, old, new):
                changed.append(key)
        return changed

    def settle_outputs(self, inputs: Props, live: Props) -> Props:
        """Return outputs: the live values, in the form of the inputs where both mean the same."""
        out = {key: value for key, value in {**inputs, **live}.items() if value is not None}
        for key, given in inputs.items():
            if key in live and (self.is_same(key, given, live[key]) or self.is_same(key, given, narrow_to_keys(given, live[key]))):
                out[key] = live[key] if isinstance(given, dict) and isinstance(live[key], dict) else given
        return out

    def derive_inputs(self, old_inputs: Props, live: Props, accepted: frozenset[str] | None) -> Props:
        """Return inputs for a refresh: the old ones, with live values where they differ.

        Without old inputs (an import) every accepted input that is live and not empty is taken.
        """
        if not old_inputs:
            return {k: v for k, v in live.items() if (accepted is None or k in accepted) and v not in (None, "", [], {})}
        out = {}
        for key, given in old_inputs.items():
            value = narrow_to_keys(given, live[key]) if key in live else given
            if key not in live or self.is_same(key, given, value):
                out[key] = given
            elif value is not None:
                out[key] = value
        return out


def narrow_to_keys(given: Any, live: Any) -> Any:
    """Return `live` with only the keys in `given`, so that additions by the cloud are not mistaken for drift."""
    if isinstance(given, dict) and isinstance(live, dict):
        return {key: narrow_to_keys(given[key], live[key]) for key in given if key in live}
    if isinstance(given, list) and isinstance(live, list) and len(given) == len(live):
        return [narrow_to_keys(one, other) for one, other in zip(given, live, strict=True)]
    return live


def add_unknowns(inputs: Props, handler: Handler) -> Props:
    """Return the outputs of a create's preview: the inputs, and UNKNOWN for values that the cloud determines."""
    out = {**dict.fromkeys(handler.computed, UNKNOWN), **inputs}
    for key, inner in handler.computed_in.items():
        if isinstance(out.get(key), dict) and not has_unknown(out[key]):
            out[key] = {**dict.fromkeys(inner, UNKNOWN), **out[key]}
    return out


def _trim_value(value: Any) -> Any:
    """Return `value` without absent or empty values inside objects; whole floats are ints."""
    if isinstance(value, dict):
        inner = {key: _trim_value(item) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item not in (None, "", [], {}) and item is not False}
    if isinstance(value, list):
        return [_trim_value(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _normalize_document(value: Any) -> Any:
    """Return `value` with inner lists without order and one-element lists as their element (IAM's reading of JSON)."""
    if isinstance(value, dict):
        return {key: _normalize_document(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return _normalize_document(value[0]) if len(value) == 1 else sorted((_normalize_document(item) for item in value), key=repr)
    return value
