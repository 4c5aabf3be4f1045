"""One resource of a checkpoint, its URN, and its JSON form in Pulumi's deployment format (version 3).

Fields and their order are those of `ResourceV3` in Pulumi's apitype/core.go. Views, taint, hooks and snippets are not supported: a
checkpoint that contains them is refused by name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from containment_lab.errors import EngineError
from containment_lab.formats.values import Properties

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPE = "pulumi:providers:"


@dataclass(eq=False)
class State:
    """A resource's state; compared by identity, because one URN can have several (a replacement and its predecessor)."""

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    ignore_changes: list[str] = field(default_factory=list)
    hide_diff: list[Any] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    replacement_trigger: Any = None
    refresh_before_update: bool = False

    @property
    def is_provider(self) -> bool:
        """Whether this is a provider resource."""
        return self.type.startswith(PROVIDER_TYPE)

    @property
    def is_default_provider(self) -> bool:
        """Whether the engine created this provider itself; such steps are not counted."""
        return self.is_provider and get_name(self.urn).split("_")[0] == "default"

    @property
    def provider_urn(self) -> str:
        """The URN of the provider that manages this resource, or ""."""
        return self.provider.rpartition("::")[0]

    def get_dependencies(self) -> set[str]:
        """Return the URNs of its dependencies of any kind and of its provider, but not of its parent."""
        found = {*self.dependencies, *self.replace_with, self.deleted_with, self.provider_urn}
        return found.union(*self.property_dependencies.values()) - {""}

    def copy(self, **changes: Any) -> State:
        """Return a copy with new containers."""
        made = copy.copy(self)
        for name in ("inputs", "outputs", "dependencies", "property_dependencies"):
            setattr(made, name, copy.deepcopy(getattr(self, name)))
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    def rename_urns(self, fix: Callable[[str], str]) -> State:
        """Return a copy in which `fix` has renamed every URN, its own and its references; "" removes a reference.

        Former URNs are dropped.
        """
        return self.copy(
            urn=fix(self.urn),
            parent=fix(self.parent),
            deleted_with=fix(self.deleted_with),
            aliases=[],
            provider=self.provider and f"{fix(self.provider_urn)}::{self.provider.rpartition('::')[2]}",
            dependencies=[*filter(None, map(fix, self.dependencies))],
            replace_with=[*filter(None, map(fix, self.replace_with))],
            property_dependencies={key: [*filter(None, map(fix, urns))] for key, urns in self.property_dependencies.items()},
        )


_KEYS = {each.name: each.name for each in fields(State)} | {"import_id": "importID"}
_KEYS = {
    name: key if key == "importID" else key.split("_")[0] + "".join(map(str.capitalize, key.split("_")[1:])) for name, key in _KEYS.items()
}
_ALWAYS = ("urn", "custom", "type")
_SECRET_BEARING = ("inputs", "outputs", "replacement_trigger")
_REFUSED = {"viewOf": "views", "taint": "taint", "resourceHooks": "resource hooks", "snippetID": "snippets", "extensionRef": "extensions"}


def encode_state(state: State, seal: Callable[[Any, str], Any]) -> dict[str, Any]:
    """Return the checkpoint form; `seal` encrypts the secrets in a value, given its place. Empty fields are left out, as in Pulumi."""
    found = ((name, key, getattr(state, name)) for name, key in _KEYS.items())
    return {
        key: seal(value, f"{state.urn}.{name}") if name in _SECRET_BEARING else value
        for name, key, value in found
        if value or name in _ALWAYS
    }


def decode_state(found: dict[str, Any], unseal: Callable[[Any], Any]) -> State:
    """Return the state in a checkpoint entry; source positions are dropped, features that the engine cannot honor are refused by name."""
    for key, what in _REFUSED.items():
        if found.get(key):
            raise EngineError(f"{found['urn']} in the checkpoint has {what}, which the lab engine does not support", found["urn"])
    names = {key: name for name, key in _KEYS.items()}
    known = {names[key]: value for key, value in found.items() if key in names}
    return State(**{name: unseal(value) if name in _SECRET_BEARING else value for name, value in known.items()})


def format_now() -> str:
    """Return the time in the checkpoint's format."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def make_urn(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return a resource's URN; the types of its parents, except the stack's, come before its own.

    Args:
        stack: The stack's name.
        project: The project's name.
        parent: The URN of the parent.
        type_: The resource's type.
        name: Its logical name.
    """
    above = get_qualified_type(parent) if parent else STACK_TYPE
    return f"urn:pulumi:{stack}::{project}::{type_ if above == STACK_TYPE else f'{above}${type_}'}::{name}"


def get_qualified_type(urn: str) -> str:
    """Return the type part of a URN, with the parents' types."""
    return urn.split("::", 3)[2]


def get_type(urn: str) -> str:
    """Return the resource's own type in a URN."""
    return get_qualified_type(urn).rpartition("$")[2]


def get_name(urn: str) -> str:
    """Return the resource's name in a URN."""
    return urn.split("::", 3)[3]


def iterate_dependencies(state: State, resources: list[State]) -> Iterator[State]:
    """Yield the resources that must outlive `state`: earlier dependencies, children of components among them, and its parent."""
    wanted, urns = state.get_dependencies(), {each.urn: each for each in resources}
    for candidate in resources[: resources.index(state)]:
        if candidate.urn in wanted or candidate.urn == state.parent:
            yield candidate
            continue
        above = candidate.parent
        while above:
            if above in wanted and above in urns and not urns[above].custom:
                yield candidate
                break
            above = urns[above].parent if above in urns else ""
