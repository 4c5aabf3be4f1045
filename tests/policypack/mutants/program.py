"""What one of our own stacks registers, in both forms at once, open to one change: a first preview (ids unknown), and once ids are known.

A change is made the way a program would make it: a `Ref` to another resource's output is unknown in the preview and leaves a
property dependency, and is a literal once ids are known. Resources that are not changed are shared, never copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

from policypack.graph.plain_data import UNKNOWN
from policypack.graph.resources import Resource
from tests.policypack.record import FIRST, FORMS, MADE, MADE_BY_TYPE, resource_of

_IDENTITIES: Final = frozenset(key for keys in (MADE, *MADE_BY_TYPE.values()) for key in keys)


@dataclass(frozen=True)
class Ref:
    """An output of a resource, by the resource's name."""

    name: str
    attribute: str = "id"


Stack = Mapping[str, Mapping[str, Resource]]
"""Form -> name -> resource."""


def read(made: Mapping[str, list[dict[str, Any]]]) -> Stack:
    """Return a recorded run of the program (`tests.policypack.product`) as resources by name."""
    return {form: {one["name"]: resource_of(one) for one in made[form]} for form in FORMS}


class Program:
    """A stack with what is changed in it; `touched` are the (type, property) pairs that were."""

    def __init__(self, stack: Stack) -> None:
        self._forms = {form: dict(stack[form]) for form in FORMS}
        self.touched: set[tuple[str, str]] = set()

    def resources(self, form: str) -> list[Resource]:
        """Return the resources of one form, in the order they are registered."""
        return list(self._forms[form].values())

    def at(self, name: str) -> Resource:
        """Return a resource as it is once ids are known."""
        return self._forms["known"][name]

    def of(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of these types as they are once ids are known."""
        return (one for one in list(self._forms["known"].values()) if one.type in types)

    def drop(self, name: str) -> None:
        """Leave a resource out."""
        self.touched.add((self.at(name).type, "(declared)"))
        for form in FORMS:
            del self._forms[form][name]

    def add(self, type_: str, name: str, inputs: Mapping[str, Any]) -> None:
        """Declare a resource more, last."""
        urn = f"urn:pulumi:mutant::agent-containment::{type_}::{name}"
        made = (*MADE, *MADE_BY_TYPE.get(type_, ()))
        self.touched.add((type_, "(declared)"))
        for form in FORMS:
            props = self._rendered(inputs, form)
            ids = {key: f"{name}-{key}" if form == "known" else UNKNOWN for key in made if key not in props}
            ids |= {key: value if form == "known" else UNKNOWN for key, value in FIRST.get(type_, {}).items() if key not in props}
            dependencies = {key: tuple(self._referred(value)) for key, value in inputs.items()}
            self._forms[form][name] = Resource(urn, type_, name, props, {**props, **ids}, None, (), dependencies)

    def read(self, type_: str, name: str, outputs: Mapping[str, Any]) -> None:
        """Read a resource; `outputs` are what was read."""
        urn = f"urn:pulumi:mutant::agent-containment::{type_}::{name}"
        self.touched.add((type_, "(read)"))
        for form in FORMS:
            props = {"id": f"{name}-id", **self._rendered(outputs, form)}
            self._forms[form][name] = Resource(urn, type_, name, props, props, None, (), {}, is_read=True)

    def deploy(self, name: str, key: str, value: Any) -> None:
        """Let the provider answer another value for a property than the program sets, once ids are known."""
        self.touched.add((self.at(name).type, f"{key} (deployed)"))
        one = self.at(name)
        self._forms["known"][name] = replace(one, outputs={**one.outputs, key: self._rendered(value, "known")})

    def put(self, name: str, path: str, value: Any) -> None:
        """State a property, or what stands at a path of it (`rules/shadow-model-deny/watch`: see `_place`).

        A value that depends on the stack, its addresses for one, is a function of the program.
        """
        value = value(self) if callable(value) else value
        self._change(name, path, lambda held, key, form: _store(held, key, self._rendered(value, form)), self._referred(value))

    def unset(self, name: str, path: str) -> None:
        """Leave a property, or what stands at a path of it, out."""
        self._change(name, path, lambda held, key, _form: held.pop(key), ())

    def _change(self, name: str, path: str, change: Any, referred: Iterable[str]) -> None:
        first, *rest = path.split("/")
        self.touched.add((self.at(name).type, first))
        known: Any = None
        owners = self._find_owners()
        for form in reversed(FORMS):
            resource = self._forms[form][name]
            props, outputs = {**resource.props}, {**resource.outputs}
            props[first] = deepcopy(props.get(first))
            held, key = _place(props, [first, *rest])
            change(held, key, form)
            if first in props:
                outputs[first] = props[first]
            else:
                outputs.pop(first, None)
            known = props.get(first) if form == "known" else known
            urns = tuple(dict.fromkeys((*_find_named(known, owners), *referred, *self._kept(resource, first, known))))
            dependencies = {**resource.property_dependencies, first: urns}
            self._forms[form][name] = replace(resource, props=props, outputs=outputs, property_dependencies=dependencies)

    def _kept(self, resource: Resource, key: str, known: Any) -> Iterator[str]:
        """Yield what a property depends on as before: all of it when its known value names nothing by id (a document, a name)."""
        if isinstance(known, str) and known == resource.props.get(key):
            yield from resource.property_dependencies.get(key, ())

    def _find_owners(self) -> Mapping[str, tuple[str, ...]]:
        """Return the resource of each id that is known."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self._forms["known"].values():
            for key in _IDENTITIES & one.outputs.keys() - one.props.keys():
                found[str(one.outputs[key])] = (one.urn,)
        return found

    def _referred(self, value: Any) -> list[str]:
        if isinstance(value, Ref):
            return [self.at(value.name).urn]
        if isinstance(value, Mapping):
            return [urn for item in value.values() for urn in self._referred(item)]
        return [urn for item in value for urn in self._referred(item)] if isinstance(value, list | tuple) else []

    def _rendered(self, value: Any, form: str) -> Any:
        if isinstance(value, Ref):
            return self._forms[form][value.name].outputs.get(value.attribute, UNKNOWN)
        if isinstance(value, Mapping):
            return {key: self._rendered(item, form) for key, item in value.items()}
        return [self._rendered(item, form) for item in value] if isinstance(value, list | tuple) else value


def _find_named(value: Any, owners: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the resources whose ids a known value holds."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _find_named(item, owners)
    elif isinstance(value, str):
        yield from owners.get(value, ())


def _place(held: Any, path: list[str]) -> tuple[Any, Any]:
    """Return what holds the end of a path, and under which key: list items go by number, by the end of their name, or `+` for a new one."""
    for number, part in enumerate(path):
        key: Any = part
        if isinstance(held, list):
            named = [index for index, one in enumerate(held) if isinstance(one, dict) and str(one.get("name", "")).endswith(part)]
            key = len(held) if part == "+" else int(part) if part.lstrip("-").isdigit() else named[0]
        if number == len(path) - 1:
            return held, key
        if isinstance(held, dict) and held.get(key) is None:
            held[key] = {}
        held = held[key]
    raise AssertionError("a path has a part")


def _store(held: Any, key: Any, value: Any) -> None:
    if isinstance(held, list) and key == len(held):
        held.append(value)
    else:
        held[key] = value
