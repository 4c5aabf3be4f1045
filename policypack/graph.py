"""The resources of a stack as values, and which resource a property refers to.

In a first preview ids are unknown: then the property's own dependencies tell what it refers to. Once ids are known they
decide. A literal id of nothing in the stack is EXTERNAL: it exists, and cannot be seen from here. What cannot be traced is
UNTRACED. Rules decide what those mean; nothing here guesses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from policypack.plain import UNKNOWN, has_unknown, plain


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """The provider that a resource is made with: `props` are its configuration (endpoints, region, assumed role, default tags)."""

    urn: str = ""
    type: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)

    def setting(self, key: str) -> Any:
        """Return a setting; provider configuration carries objects and lists as JSON text."""
        value = self.props.get(key)
        if isinstance(value, str) and value[:1] in ("{", "["):
            return plain(json.loads(value))
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource: `props` are its inputs, `outputs` what the provider answered (empty when it has not yet).

    A component has no provider and makes nothing by itself; the resources inside it are resources of their own. A resource that a
    program reads (`.get()`) sets nothing: its `props` are what the provider read.

    Two are the same only when they are one object; values are not compared.

    An Optional+Computed property left out of the inputs is often unknown in the outputs of a preview; that is no unknown
    input, so rules read `props` for what the program demands and `output` for what is known to have come of it.
    """

    urn: str
    type: str
    name: str
    props: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    provider: Provider | None = None
    is_component: bool = False
    is_read: bool = False

    @property
    def default_tags(self) -> Mapping[str, Any]:
        """The tags that its provider adds to everything it makes."""
        block = self.provider.setting("defaultTags") if self.provider else None
        tags = block.get("tags") if isinstance(block, dict) else None
        return tags if isinstance(tags, dict) else {}

    def get(self, key: str) -> Any:
        """Return an input, None when the program does not state it."""
        return self.props.get(key)

    def output(self, key: str) -> Any:
        """Return what is known of a property after the provider answered; None when nothing is."""
        value = self.outputs.get(key)
        return None if value is UNKNOWN else value

    @property
    def label(self) -> str:
        """Its kind and name for messages, such as `Instance agent`."""
        return f"{self.type.rsplit(':', 1)[-1]} {self.name}"


class Trace(StrEnum):
    """How a reference ended: nothing stated, found in the stack (one, or one of several), outside the stack, or not traceable."""

    NONE = "none"
    FOUND = "found"
    ONE_OF = "one of"
    EXTERNAL = "external"
    UNTRACED = "untraced"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a property points: the resources it may be, or the literal it holds."""

    trace: Trace
    found: tuple[Resource, ...] = ()
    literal: str = ""

    def may_be(self, resource: Resource) -> bool:
        """Tell whether it may point to `resource`; what cannot be traced may."""
        return self.trace is Trace.UNTRACED or any(item.urn == resource.urn for item in self.found)


_HOPS = 3
_BESIDE_THE_ID = frozenset({"name", "arn"})
_AWS_ID = re.compile(r"[a-z]{1,12}(?:-[a-z]{1,12})*-(?:[0-9a-f]{8}|[0-9a-f]{17})")
"""An id that AWS draws when it makes a resource (`lt-0123456789abcdef0`): while a resource is yet to be made, no literal is its id."""
_T = TypeVar("_T")


class Graph:
    """All resources of a stack, by URN and by type, with references resolved on demand."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = tuple(resources)
        self._by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = {}
        for resource in self.resources:
            self._by_type.setdefault(resource.type, []).append(resource)
        self._kept: dict[Hashable, Any] = {}
        self._referred: dict[Hashable, Reference] = {}

    def once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what `make` makes, made once a graph: every rule asks for the same hosts and the same order of rules."""
        if key not in self._kept:
            self._kept[key] = make()
        found: _T = self._kept[key]
        return found

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of these types, in the order given."""
        return [resource for kind in types for resource in self._by_type.get(kind, ())]

    def at(self, urn: str) -> Resource | None:
        """Return the resource with this URN."""
        return self._by_urn.get(urn)

    def refer(self, holder: Resource, key: str, value: Any, types: Iterable[str], attributes: Iterable[str] = ("id",)) -> Reference:
        """Return what `value`, which stands somewhere under `holder`'s property `key`, points to among `types`.

        `attributes` are the outputs by which such a resource is referred to (an id, a name, an ARN).
        """
        if value in (None, ""):
            return Reference(Trace.NONE)
        wanted, among = tuple(types), tuple(attributes)
        if isinstance(value, list | dict):  # no reference, and no key
            return self._refer(holder, key, value, set(wanted), among)
        asked = (holder, key, value, wanted, among)
        if asked not in self._referred:
            self._referred[asked] = self._refer(holder, key, value, set(wanted), among)
        return self._referred[asked]

    def _refer(self, holder: Resource, key: str, value: Any, wanted: set[str], attributes: tuple[str, ...]) -> Reference:
        named = self._dependencies(holder, key, wanted)
        if value is UNKNOWN:
            fresh = tuple(item for item in named if _is_open(item, attributes)) or named
            return Reference(_trace(fresh), fresh)
        hits = tuple(
            resource
            for resource in self.of(*sorted(wanted))
            if any(value in (resource.output(attribute), resource.get(attribute)) for attribute in attributes)
        )
        # A provider that does not echo its id leaves the dependencies as the only evidence; AWS draws and echoes its own.
        if not hits and not _AWS_ID.fullmatch(str(value)):
            hits = tuple(item for item in named if _is_open(item, attributes))
        return Reference(_trace(hits), hits) if hits else Reference(Trace.EXTERNAL, literal=str(value))

    def _dependencies(self, holder: Resource, key: str, wanted: set[str]) -> tuple[Resource, ...]:
        """Return resources of the wanted types that a property depends on, through other resources when it has none itself."""
        front, seen = list(holder.property_dependencies.get(key, ())), set[str]()
        for _ in range(_HOPS):
            resources = [found for urn in front if urn not in seen and (found := self.at(urn)) is not None]
            seen.update(front)
            hits = {resource.urn: resource for resource in resources if resource.type in wanted}
            if hits:
                return tuple(hits.values())
            front = [urn for resource in resources for urns in resource.property_dependencies.values() for urn in urns]
        return ()

    def as_answered(self, types: Iterable[str]) -> Graph:
        """Return the stack as the provider answered it: for these types, inputs give way to outputs that are fully known.

        A bridge that refreshes a set of blocks can carry new values over old inputs in the wrong places, so what a state
        calls inputs need not be what is deployed; the outputs are.
        """
        wanted = frozenset(types)
        return self.once(("answered", wanted), lambda: self._as_answered(wanted))

    def _as_answered(self, wanted: frozenset[str]) -> Graph:
        answers = {one: _answered(one) for one in self.resources if one.type in wanted}
        if all(props == one.props for one, props in answers.items()):
            return self
        return Graph(replace(one, props=answers[one]) if one in answers else one for one in self.resources)

    def depends_on(self, resource: Resource, other: Resource) -> bool:
        """Tell whether `resource` is made after `other` because something it depends on says so."""
        front, seen = [resource.urn], {resource.urn}
        while front:
            current = self.at(front.pop())
            if current is None:
                continue
            nexts = [*current.dependencies, *(urn for urns in current.property_dependencies.values() for urn in urns)]
            if other.urn in nexts:
                return True
            front.extend(urn for urn in nexts if urn not in seen)
            seen.update(nexts)
        return False


def _is_open(resource: Resource, attributes: tuple[str, ...]) -> bool:
    """Tell whether what a reference holds may be this resource's, because the provider has not said otherwise.

    A name or an ARN may be known while the id is not: then a literal that is neither may still be the id.
    """
    identities = [attribute for attribute in attributes if attribute not in _BESIDE_THE_ID] or attributes
    return not any(resource.output(attribute) for attribute in identities)


def _answered(resource: Resource) -> dict[str, Any]:
    known = {key: value for key, value in resource.outputs.items() if key in resource.props and not has_unknown(value)}
    return {**resource.props, **known}


def _trace(found: tuple[Resource, ...]) -> Trace:
    return Trace.UNTRACED if not found else Trace.FOUND if len(found) == 1 else Trace.ONE_OF
