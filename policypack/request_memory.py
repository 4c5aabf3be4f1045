"""State of the pack's process: the inputs seen so far, and the request that is being answered.

A stack policy gets outputs, in which an unset property looks unknown. So the inputs of each resource are remembered from when the
process analyzed it, and added to the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pulumi_policy import PolicyResource, ResourceValidationArgs, StackValidationArgs

from policypack.graph.plain_data import make_plain
from policypack.graph.request_decoder import CurrentRequest, decode_properties, decode_provider
from policypack.graph.resources import Graph, Provider, Resource
from policypack.waivers import WaivedFinding


class RequestMemory:
    """Inputs by URN, reported faults, waived findings that are not reported yet, and the number of checks.

    While a request is answered, `asked` is its resource with those registered before it, or `whole` its graph.
    """

    def __init__(self) -> None:
        self.inputs: dict[str, Resource] = {}
        self.reported: dict[str, set[tuple[str, str]]] = {}
        self.checks = 0
        self.waived: dict[str, list[WaivedFinding]] = {}
        self.asked = CurrentRequest[tuple[Resource, list[Resource]]]()
        self.whole = CurrentRequest[Graph]()

    def register(self, resource: Resource) -> tuple[Resource, list[Resource]]:
        """Remember a resource by its inputs; return it, and the resources registered before it."""
        seen = [one for one in list(self.inputs.values()) if one.urn != resource.urn]
        known = self.inputs.get(resource.urn)
        if known is None or known.props != resource.props:
            self.reported[resource.urn] = set()
        self.inputs[resource.urn] = resource
        return resource, seen

    def get_request(self, args: ResourceValidationArgs) -> tuple[Resource, list[Resource]]:
        """Return the resource that a policy has to judge, and the resources registered before it."""
        if self.asked.value:
            return self.asked.value
        provider = _get_provider(args)
        is_component = _is_component(args.resource_type, provider)
        made = Resource(args.urn, args.resource_type, args.name, props=make_plain(args.props), provider=provider, is_component=is_component)
        return self.register(made)

    def get_graph(self, args: StackValidationArgs) -> Graph:
        """Return the stack that a policy has to judge, with the remembered inputs and the outputs in the request."""
        return self.whole.value or Graph(self._build_resource(resource) for resource in args.resources)

    @contextmanager
    def keep_request(self, request: Any) -> Iterator[None]:
        """Set the resource of an Analyze request while the block runs."""
        by = decode_provider(request)
        made = Resource(
            request.urn,
            request.type,
            request.name,
            props=decode_properties(request),
            provider=by,
            is_component=_is_component(request.type, by),
        )
        with self.asked.set_value(self.register(made)):
            yield

    @contextmanager
    def keep_stack(self, request: Any) -> Iterator[None]:
        """Set the graph of an AnalyzeStack request while the block runs."""
        with self.whole.set_value(Graph(self._build_decoded(one) for one in request.resources)):
            yield

    def _build_decoded(self, message: Any) -> Resource:
        outputs, seen, by = decode_properties(message), self.inputs.get(message.urn), decode_provider(message)
        return Resource(
            urn=message.urn,
            type=message.type,
            name=message.name,
            props=seen.props if seen else outputs,  # never analyzed: read from the cloud, so it has only outputs
            outputs=outputs,
            parent=message.parent or None,
            dependencies=tuple(message.dependencies),
            property_dependencies={key: tuple(found.urns) for key, found in message.propertyDependencies.items()},
            provider=by,
            is_component=_is_component(message.type, by),
            is_read=seen is None and by is not None,
        )

    def _build_resource(self, resource: PolicyResource) -> Resource:
        outputs, by = make_plain(resource.props), _get_provider(resource)
        seen = self.inputs.get(resource.urn)
        return Resource(
            urn=resource.urn,
            type=resource.resource_type,
            name=resource.name,
            props=seen.props if seen else outputs,
            outputs=outputs,
            parent=resource.parent.urn if resource.parent else None,
            dependencies=tuple(one.urn for one in resource.dependencies),
            property_dependencies={key: tuple(one.urn for one in found) for key, found in resource.property_dependencies.items()},
            provider=by,
            is_component=_is_component(resource.resource_type, by),
            is_read=seen is None and by is not None,
        )


def _get_provider(args: ResourceValidationArgs | PolicyResource) -> Provider | None:
    """Return the provider that the SDK decoded with a resource."""
    by = args.provider
    return None if by is None else Provider(by.urn, by.resource_type, make_plain(by.props))


def _is_component(type_: str, by: Provider | None) -> bool:
    """Return whether a resource is a component: besides components, only providers have no provider."""
    return by is None and not type_.startswith("pulumi:providers:")
