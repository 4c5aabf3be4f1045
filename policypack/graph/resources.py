"""The resources of a stack as values, with resolution of the references between them.

In a first preview ids are unknown, so a reference resolves by the property's dependencies. Known ids take precedence. A literal id
of no resource in the stack is EXTERNAL: the resource exists elsewhere and its properties are unavailable. A reference that cannot
be resolved is UNTRACED. Each rule decides what these two mean; nothing is guessed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from policypack.graph.plain_data import UNKNOWN, has_unknown, make_plain


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """The provider of a resource: `props` are its configuration (endpoints, region, assumed role, default tags)."""

    urn: str = ""
    type: str = ""
    props: Mapping[str, Any] = field(default_factory=dict)

    def get_setting(self, key: str) -> Any:
        """Return a setting; in provider configuration objects and lists are JSON text."""
        value = self.props.get(key)
        if isinstance(value, str) and value[:1] in ("{", "["):
            return make_plain(json.loads(value))
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource: `props` are its inputs, `outputs` the provider's answer (empty before there is one).

    A component has no provider and creates nothing by itself; its children are separate resources. A resource that a program reads
    (`.get()`) sets nothing: its `props` are the values that the provider read.

    Equality is identity; values are not compared.

    An Optional+Computed property that the program leaves unset is often unknown in the outputs of a preview. That is not an unknown
    input, so rules read `props` for what the program sets, and `output` for the known result.
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
        """The tags that its provider adds to everything it creates."""
        block = self.provider.get_setting("defaultTags") if self.provider else None
        tags = block.get("tags") if isinstance(block, dict) else None
        return tags if isinstance(tags, dict) else {}

    def get(self, key: str) -> Any:
        """Return an input, None if the program leaves it unset."""
        return self.props.get(key)

    def get_output(self, key: str) -> Any:
        """Return an output of the provider, None if it is unset or not known yet."""
        value = self.outputs.get(key)
        return None if value is UNKNOWN else value

    @property
    def label(self) -> str:
        """Its type and name for messages, such as `Instance agent`."""
        return f"{self.type.rsplit(':', 1)[-1]} {self.name}"


class Trace(StrEnum):
    """Result of a reference: unset, found in the stack (one, or one of several), outside of the stack, or not traceable."""

    NONE = "none"
    FOUND = "found"
    ONE_OF = "one of"
    EXTERNAL = "external"
    UNTRACED = "untraced"


@dataclass(frozen=True, slots=True)
class Reference:
    """A resolved reference: the resources that it may mean, or the literal id of an external one."""

    trace: Trace
    found: tuple[Resource, ...] = ()
    literal: str = ""

    def is_possibly(self, resource: Resource) -> bool:
        """Return whether it may point to `resource`; an untraced reference may point to any."""
        return self.trace is Trace.UNTRACED or any(item.urn == resource.urn for item in self.found)


_HOPS = 3
_ENGINE = "pulumi:pulumi:"
"""Types of the engine itself: the stack and references to other stacks."""
_BESIDE_THE_ID = frozenset({"name", "arn"})
_AWS_ID = re.compile(r"[a-z]{1,12}(?:-[a-z]{1,12})*-(?:[0-9a-f]{8}|[0-9a-f]{17})")
"""An id that AWS assigns when it creates a resource (`lt-0123456789abcdef0`): before that, no literal can be its id."""
_T = TypeVar("_T")


class Graph:
    """All resources of a stack, by URN and by type, with references resolved on demand."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = _empty_components(tuple(resources))
        self._by_urn = {resource.urn: resource for resource in self.resources}
        self._by_type: dict[str, list[Resource]] = {}
        is_certain = _has_providers(self.resources)
        for resource in self.resources:
            if not (resource.is_component and is_certain) or resource.type.startswith(_ENGINE):
                self._by_type.setdefault(resource.type, []).append(resource)
        self._kept: dict[Hashable, Any] = {}
        self._referred: dict[Hashable, Reference] = {}

    def compute_once(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return the result of `make`, computed once per graph and key: every rule needs the same hosts and rule order."""
        if key not in self._kept:
            self._kept[key] = make()
        found: _T = self._kept[key]
        return found

    def find_by_type(self, *types: str) -> list[Resource]:
        """Return the resources of these types, in the order given; a component with such a type creates none and is left out."""
        return [resource for kind in types for resource in self._by_type.get(kind, ())]

    def find_by_urn(self, urn: str) -> Resource | None:
        """Return the resource with this URN."""
        return self._by_urn.get(urn)

    def resolve(self, holder: Resource, key: str, value: Any, types: Iterable[str], attributes: Iterable[str] = ("id",)) -> Reference:
        """Return the resources that a value refers to.

        Args:
            holder: the resource that contains the value.
            key: its property, at any depth of which the value is.
            value: the reference: an id, a name, an ARN, UNKNOWN, or None.
            types: the types that it can refer to.
            attributes: the outputs by which such a resource is referred to.
        """
        if value in (None, ""):
            return Reference(Trace.NONE)
        wanted, among = tuple(types), tuple(attributes)
        if isinstance(value, list | dict):  # no reference, and no key
            return self._resolve(holder, key, value, set(wanted), among)
        asked = (holder, key, value, wanted, among)
        if asked not in self._referred:
            self._referred[asked] = self._resolve(holder, key, value, set(wanted), among)
        return self._referred[asked]

    def follow(self, holder: Resource, key: str, types: Iterable[str], attributes: Iterable[str] = ("id",)) -> Reference:
        """Return the resources that a whole property refers to; the arguments are those of `resolve`."""
        return self.resolve(holder, key, holder.get(key), types, attributes)

    def find_referrers(
        self, target: Resource, kind: str, key: str, types: Iterable[str], attributes: Iterable[str] = ("id",)
    ) -> list[Resource]:
        """Return the resources of type `kind` whose property `key` refers, or may refer, to `target`.

        Args:
            target: the resource that is referred to.
            kind: the type of the resources that refer to it.
            key: their property.
            types: the types that the property can refer to.
            attributes: the outputs by which such a resource is referred to.
        """
        return [one for one in self.find_by_type(kind) if self.follow(one, key, types, attributes).is_possibly(target)]

    def _resolve(self, holder: Resource, key: str, value: Any, wanted: set[str], attributes: tuple[str, ...]) -> Reference:
        named = self._find_dependencies(holder, key, wanted)
        if value is UNKNOWN:
            fresh = tuple(item for item in named if _is_open(item, attributes)) or named
            return Reference(_trace(fresh), fresh)
        hits = tuple(
            resource
            for resource in self.find_by_type(*sorted(wanted))
            if any(value in (resource.get_output(attribute), resource.get(attribute)) for attribute in attributes)
        )
        # If a provider does not return its id, only the dependencies are evidence; AWS assigns ids and returns them.
        if not hits and not _AWS_ID.fullmatch(str(value)):
            hits = tuple(item for item in named if _is_open(item, attributes))
        return Reference(_trace(hits), hits) if hits else Reference(Trace.EXTERNAL, literal=str(value))

    def _find_dependencies(self, holder: Resource, key: str, wanted: set[str]) -> tuple[Resource, ...]:
        """Return resources of some types that a property depends on, directly or else through other resources."""
        front, seen = list(holder.property_dependencies.get(key, ())), set[str]()
        for _ in range(_HOPS):
            resources = [found for urn in front if urn not in seen and (found := self.find_by_urn(urn)) is not None]
            seen.update(front)
            hits = {resource.urn: resource for resource in resources if resource.type in wanted}
            if hits:
                return tuple(hits.values())
            front = [urn for resource in resources for urns in resource.property_dependencies.values() for urn in urns]
        return ()

    def use_outputs(self, types: Iterable[str]) -> Graph:
        """Return the stack with fully known outputs in the place of inputs, for resources of these types.

        After a refresh, a bridge can write new values of a set of blocks to the wrong elements of the old inputs. So the inputs in
        a state can differ from what is deployed; the outputs do not.
        """
        wanted = frozenset(types)
        return self.compute_once(("answered", wanted), lambda: self._use_outputs(wanted))

    def _use_outputs(self, wanted: frozenset[str]) -> Graph:
        answers = {one: _merge_outputs(one) for one in self.resources if one.type in wanted}
        if all(props == one.props for one, props in answers.items()):
            return self
        return Graph(replace(one, props=answers[one]) if one in answers else one for one in self.resources)

    def has_dependency(self, resource: Resource, other: Resource) -> bool:
        """Return whether `resource` depends on `other`, directly or through other resources."""
        front, seen = [resource.urn], {resource.urn}
        while front:
            current = self.find_by_urn(front.pop())
            if current is None:
                continue
            nexts = [*current.dependencies, *(urn for urns in current.property_dependencies.values() for urn in urns)]
            if other.urn in nexts:
                return True
            front.extend(urn for urn in nexts if urn not in seen)
            seen.update(nexts)
        return False


def _has_providers(resources: Iterable[Resource]) -> bool:
    """Return whether the engine names providers, so that a resource without one is certainly a component."""
    return any(one.provider is not None for one in resources)


def _empty_components(resources: tuple[Resource, ...]) -> tuple[Resource, ...]:
    """Return resources in which components have no inputs and outputs.

    A program chooses a component's type and values freely, so they prove nothing: neither a flow log nor an ARN of the program.
    """
    if not _has_providers(resources):
        return resources
    return tuple(replace(one, props={}, outputs={}) if one.is_component and (one.props or one.outputs) else one for one in resources)


def _is_open(resource: Resource, attributes: tuple[str, ...]) -> bool:
    """Return whether a literal may be this resource's id, because the provider has not returned the id yet.

    A name or an ARN may be known while the id is not: then a literal that is neither may still be the id.
    """
    identities = [attribute for attribute in attributes if attribute not in _BESIDE_THE_ID] or attributes
    return not any(resource.get_output(attribute) for attribute in identities)


def _merge_outputs(resource: Resource) -> dict[str, Any]:
    known = {key: value for key, value in resource.outputs.items() if key in resource.props and not has_unknown(value)}
    return {**resource.props, **known}


def _trace(found: tuple[Resource, ...]) -> Trace:
    return Trace.UNTRACED if not found else Trace.FOUND if len(found) == 1 else Trace.ONE_OF
