"""What one pack process has seen: kept between requests, and the request that is being answered.

A stack policy is given outputs, where a property left out looks unknown; the inputs that the same process saw when each
resource was analysed are kept here and put beside them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs, StackValidationArgs

from policypack.graph import Graph, Resource
from policypack.plain import plain
from policypack.waivers import Waived
from policypack.wire import Current, properties, provider_properties


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
        tags = default_tags(plain(args.provider.props) if args.provider is not None else {})
        return self.register(Resource(args.urn, args.resource_type, args.name, props=plain(args.props), default_tags=tags))

    def graph(self, args: StackValidationArgs) -> Graph:
        """Return the stack a policy is asked about, with the inputs seen and the outputs given."""
        return self.whole.value or Graph(self._resource(resource) for resource in args.resources)

    @contextmanager
    def answering(self, request: Any) -> Iterator[None]:
        """Hold the resource of one Analyze request."""
        tags = default_tags(provider_properties(request))
        with self.asked.being(
            self.register(Resource(request.urn, request.type, request.name, props=properties(request), default_tags=tags))
        ):
            yield

    @contextmanager
    def answering_stack(self, request: Any) -> Iterator[None]:
        """Hold the graph of one AnalyzeStack request."""
        with self.whole.being(Graph(self._decoded(one) for one in request.resources)):
            yield

    def _decoded(self, message: Any) -> Resource:
        outputs, seen = properties(message), self.inputs.get(message.urn)
        return Resource(
            urn=message.urn,
            type=message.type,
            name=message.name,
            props=seen.props if seen else outputs,
            outputs=outputs,
            parent=message.parent or None,
            dependencies=tuple(message.dependencies),
            property_dependencies={key: tuple(found.urns) for key, found in message.propertyDependencies.items()},
            default_tags=default_tags(provider_properties(message)),
        )

    def _resource(self, resource: PolicyResource) -> Resource:
        outputs = plain(resource.props)
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
            default_tags=default_tags(plain(resource.provider.props) if resource.provider is not None else {}),
        )


def default_tags(provider: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tags a provider adds to all of its resources; provider configuration carries objects as JSON text."""
    block = provider.get("defaultTags")
    if isinstance(block, str):
        block = json.loads(block)
    tags = block.get("tags") if isinstance(block, dict) else None
    return tags if isinstance(tags, dict) else {}
