"""Rules that demand a value of one property of a type: the checks of one resource, of a program, and of what is left unset.

A property with a provider's default must be set in a complete agent environment: there an unset value is really the default. In
any other program the resource may be completed elsewhere, so an unset value is no violation unless `is_wrong` makes it one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from containment.ternary import Ternary
from policypack.facts.agent_environment import is_complete
from policypack.finding import Rule, Violation
from policypack.graph.plain_data import describe, is_false, is_true
from policypack.graph.resources import Graph, Resource


def is_possibly_on(value: Any) -> bool:
    """Return whether a flag is on, or may be."""
    return is_true(value) is not Ternary.NO


def is_possibly_off(value: Any) -> bool:
    """Return whether a flag is set to off, or may be; an unset flag is not."""
    return is_false(value) is not Ternary.NO


def is_not_surely_on(value: Any) -> bool:
    """Return whether a flag is off, unset, or not known to be on."""
    return is_true(value) is not Ternary.YES


def is_set_and_not_surely_on(value: Any) -> bool:
    """Return whether a flag is set and not known to be on."""
    return value is not None and is_not_surely_on(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of one type and the values that are a violation.

    Args:
        type: the resource type.
        key: the property.
        is_wrong: whether a value is a violation, or may become one.
        what: what a wrong value does, as the start of the message.
        default: the provider's default where an unset flag is a violation in a complete agent environment, else empty.
        is_judged: whether a resource of the type has to have the value.
    """

    type: str
    key: str
    is_wrong: Callable[[Any], bool]
    what: str
    default: str = ""
    is_judged: Callable[[Resource], bool] = lambda _: True

    def find_violation(self, resource: Resource) -> Violation | None:
        """Return the fault of one resource, None when its value is no violation."""
        value = resource.get(self.key)
        if resource.type != self.type or not self.is_judged(resource) or not self.is_wrong(value):
            return None
        return Violation(resource.urn, f"{self.what}: {self.key} is {describe(value)}")

    def find_unset_violations(self, graph: Graph) -> Iterator[Violation]:
        """Yield the faults of resources that leave a flag to the provider's default."""
        for resource in graph.find_by_type(self.type) if self.default else ():
            if self.is_judged(resource) and is_not_surely_on(resource.get(self.key)) and self.find_violation(resource) is None:
                yield Violation(resource.urn, f"{self.what}: {self.key} is not set, and the provider's default is {self.default}")


def build_property_rule(rule: Rule, *properties: Property, more: Callable[[Graph], list[Violation]] | None = None) -> Rule:
    """Return a rule with the checks of some properties; `more` adds the faults that only the whole program shows."""

    def check_resource(resource: Resource, _seen: Sequence[Resource] = ()) -> list[Violation]:
        return [fault for one in properties if (fault := one.find_violation(resource)) is not None]

    def check_stack(graph: Graph) -> list[Violation]:
        stated = [
            fault
            for kind in dict.fromkeys(one.type for one in properties)
            for each in graph.find_by_type(kind)
            for fault in check_resource(each)
        ]
        unset = [fault for one in properties for fault in one.find_unset_violations(graph)] if is_complete(graph) else []
        return [*stated, *unset, *(more(graph) if more is not None else ())]

    return replace(rule, check_resource=check_resource, check_stack=check_stack)
