"""What one pack process has seen: kept between requests, and the request that is being answered.

A stack policy is given outputs, where a property left out looks unknown; the inputs that the same process saw when each
resource was analysed are kept here and put beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs, StackValidationArgs

from policypack.graph import Graph, Provider, Resource
from policypack.plain import plain
from policypack.waivers import Waived
from policypack.wire import Current, properties, provider


class Memory:
    """Inputs by URN, what was reported already, what was waived and is yet to be told, and how much was checked.

    While a request is answered, `asked` holds its resource with those registered before it, or `whole` its graph.
    """

    def __init__(self) -> None:
        self.inputs: dict[str, Resource] = {}
        self.reported: dict[str, set[tuple[str, str]]] = {}
        self.checks = 0
        self.waived: dict[str, list[Waived]] = {}
        self.asked = Current[tuple[Resource, list[Resource]]]()
        self.whole = Current[Graph]()

    def register(self, resource: Resource) -> tuple[Resource, list[Resource]]:
        """Remember a resource by its inputs; return it, and what was registered before it."""
        seen = [one for one in list(self.inputs.values()) if one.urn != resource.urn]
        known = self.inputs.get(resource.urn)
        if known is None or known.props != resource.props:
            self.reported[resource.urn] = set()
        self.inputs[resource.urn] = resource
        return resource, seen

    def question(self, args: ResourceValidationArgs) -> tuple[Resource, list[Resource]]:
        """Return the resource a policy is asked about, and what was registered before it."""
        if self.asked.value:
            return self.asked.value
        provider = _provider_of(args)
        is_component = _is_component(args.resource_type, provider)
        made = Resource(args.urn, args.resource_type, args.name, props=plain(args.props), provider=provider, is_component=is_component)
        return self.register(made)

    def graph(self, args: StackValidationArgs) -> Graph:
        """Return the stack a policy is asked about, with the inputs seen and the outputs given."""
        return self.whole.value or Graph(self._resource(resource) for resource in args.resources)

    @contextmanager
    def answering(self, request: Any) -> Iterator[None]:
        """Hold the resource of one Analyze request."""
        by = provider(request)
        made = Resource(
            request.urn,
            request.type,
            request.name,
            props=properties(request),
            provider=by,
            is_component=_is_component(request.type, by),
        )
        with self.asked.being(self.register(made)):
            yield

    @contextmanager
    def answering_stack(self, request: Any) -> Iterator[None]:
        """Hold the graph of one AnalyzeStack request."""
        with self.whole.being(Graph(self._decoded(one) for one in request.resources)):
            yield

    def _decoded(self, message: Any) -> Resource:
        outputs, seen, by = properties(message), self.inputs.get(message.urn), provider(message)
        return Resource(
            urn=message.urn,
            type=message.type,
            name=message.name,
            props=seen.props if seen else outputs,
            outputs=outputs,
            parent=message.parent or None,
            dependencies=tuple(message.dependencies),
            property_dependencies={key: tuple(found.urns) for key, found in message.propertyDependencies.items()},
            provider=by,
            is_component=_is_component(message.type, by),
        )

    def _resource(self, resource: PolicyResource) -> Resource:
        outputs, by = plain(resource.props), _provider_of(resource)
        seen = self.inputs.get(resource.urn)
        return Resource(
            urn=resource.urn,
            type=resource.resource_type,
            name=resource.name,
            props=seen.props if seen else outputs,  # never analysed: read from the cloud, so its outputs are all there is
            outputs=outputs,
            parent=resource.parent.urn if resource.parent else None,
            dependencies=tuple(one.urn for one in resource.dependencies),
            property_dependencies={key: tuple(one.urn for one in found) for key, found in resource.property_dependencies.items()},
            provider=by,
            is_component=_is_component(resource.resource_type, by),
        )


def _provider_of(args: ResourceValidationArgs | PolicyResource) -> Provider | None:
    """Return the provider that the SDK decoded with a resource."""
    by = args.provider
    return None if by is None else Provider(by.urn, by.resource_type, plain(by.props))


def _is_component(type_: str, by: Provider | None) -> bool:
    """Tell whether the engine registered a component: only a provider has no provider of its own besides."""
    return by is None and not type_.startswith("pulumi:providers:")
