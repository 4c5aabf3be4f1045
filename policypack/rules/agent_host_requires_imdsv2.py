"""IMDSv2 on an agent host: the metadata service requires a session token and answers the host only.

The instance's setting applies, else its launch template's, else the account's defaults (only for a host that is created after
them, in the same region and account). An unset or unknown value does not count as a requirement. A disabled service passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policypack.facts.compute import Host
from policypack.facts.hosts import find_hosts
from policypack.facts.routing.region import describe_place, is_same_place
from policypack.finding import Rule, Severity, Violation
from policypack.graph.known_types import HAS_METADATA_SERVICE, INSTANCES, METADATA_DEFAULTS, SPOT_FLEET, TEMPLATES
from policypack.graph.plain_data import UNKNOWN, describe, get_field, get_items
from policypack.graph.resources import Graph, Resource

_STATES = (*INSTANCES, *TEMPLATES)
"""Types with the field `metadataOptions`."""


def check_resource(resource: Resource, seen: Sequence[Resource] = ()) -> list[Violation]:
    """Return the faults of one instance, template or account default; an unset value is one if no default can apply."""
    if resource.type == METADATA_DEFAULTS:
        return [Violation(resource.urn, what) for what in _check_defaults(resource)]
    if resource.type not in _STATES or _is_off(resource):
        return []
    faults = [Violation(resource.urn, what) for what in _find_wrong_options(resource)]
    alone = resource.get("launchTemplate") is None and not any(one.type == METADATA_DEFAULTS for one in seen)
    if resource.type in INSTANCES and alone and _get_option(resource, "httpTokens") is None:
        faults.append(Violation(resource.urn, _SILENT))
    return faults


def check_stack(graph: Graph) -> list[Violation]:
    """Return a fault at every resource that leaves an agent host without required session tokens."""
    hosts = find_hosts(graph)
    faults: dict[Violation, None] = {}
    if hosts:
        faults.update(
            dict.fromkeys(Violation(one.urn, what) for one in graph.find_by_type(METADATA_DEFAULTS) for what in _check_defaults(one))
        )
    for host in hosts:
        if host.resource.type not in HAS_METADATA_SERVICE:
            continue
        faults.update(dict.fromkeys(_check_host(graph, host)))
    return list(faults)


_SILENT = "does not require IMDSv2: metadataOptions.httpTokens is not set, and the default does not require it"


def _check_host(graph: Graph, agent: Host) -> Iterator[Violation]:
    host, used = agent.resource, agent.templates
    speakers = [one for one in (host, *used) if one.type in _STATES]
    for one in speakers:
        if not _is_off(one):
            yield from (Violation(one.urn, what) for what in _find_wrong_options(one))
    if host.type == SPOT_FLEET and get_items(host.get("launchSpecifications")):
        yield Violation(host.urn, "does not require IMDSv2: launchSpecifications have no metadata options; use a launch template")
    if agent.unseen:  # fields that such a template leaves unset cannot be seen either
        yield from () if _is_overriding_templates(host) else (Violation(host.urn, what) for what in agent.unseen)
        return
    for template in used or (None,):
        chain = [one for one in (host, template) if one is not None and one.type in _STATES]
        if next((said for one in chain if (said := _get_option(one, "httpEndpoint")) is not None), None) == "disabled":
            continue  # the instance's setting precedes its template's
        yield from _find_unset(graph, host, chain)


def _find_unset(graph: Graph, host: Resource, chain: list[Resource]) -> Iterator[Violation]:
    """Yield faults for values that neither the host nor its template sets, unless the account's defaults do."""
    defaults = graph.find_by_type(METADATA_DEFAULTS)
    last = chain[-1] if chain else host
    silent = host if host.type in INSTANCES else last
    if all(_get_option(one, "httpTokens") is None for one in chain):
        near = [one for one in defaults if is_same_place(one, host)]
        if any(_is_loosening(one) for one in near):
            return  # reported at the defaults themselves
        required = [one for one in near if one.get("httpTokens") == "required"]
        if not required:
            yield Violation(silent.urn, f"{_SILENT}{_explain_defaults(host, [one for one in defaults if one not in near])}")
        elif not any(graph.has_dependency(host, one) for one in required):
            yield Violation(silent.urn, f"{_SILENT}; the account's defaults do, but {host.label} does not depend on them")


def _explain_defaults(host: Resource, elsewhere: list[Resource]) -> str:
    """Return a note for the message about defaults of other regions or accounts, which do not apply."""
    if not elsewhere:
        return ""
    places = ", ".join(f"{one.name} in {describe_place(one)}" for one in elsewhere)
    return f"; defaults apply in their own region and account only: {places}, while {host.label} is in {describe_place(host)}"


def _is_loosening(defaults: Resource) -> bool:
    return defaults.get("httpTokens") not in (None, "required", "no-preference")


def _check_defaults(resource: Resource) -> Iterator[str]:
    """Yield the weak values of the account's defaults: the next host with unset values starts with them."""
    if _is_loosening(resource):
        yield f"lets hosts of the account start without IMDSv2: httpTokens is {describe(resource.get('httpTokens'))}"
    limit = resource.get("httpPutResponseHopLimit")
    if not _is_one_hop(limit) and limit != -1:  # -1: no preference
        yield f"lets metadata responses pass the account's hosts: httpPutResponseHopLimit is {describe(limit)}"


def _get_option(resource: Resource, key: str) -> Any:
    """Return the value of a key of a resource's metadata options; None when it is unset."""
    blocks = get_items(resource.get("metadataOptions"))
    return get_field(blocks[0], key) if blocks else None


def _find_wrong_options(resource: Resource) -> Iterator[str]:
    tokens = _get_option(resource, "httpTokens")
    if tokens is not None and tokens != "required":
        yield f"does not require IMDSv2: metadataOptions.httpTokens is {describe(tokens)}"
    limit = _get_option(resource, "httpPutResponseHopLimit")
    if not _is_one_hop(limit):
        yield f"lets metadata responses pass the host, as to containers: metadataOptions.httpPutResponseHopLimit is {describe(limit)}"


def _is_overriding_templates(resource: Resource) -> bool:
    """Return whether an instance sets all these values itself, so that its launch template does not matter."""
    return _is_off(resource) or (
        _get_option(resource, "httpTokens") is not None and _get_option(resource, "httpPutResponseHopLimit") is not None
    )


def _is_off(resource: Resource) -> bool:
    return bool(_get_option(resource, "httpEndpoint") == "disabled")


def _is_one_hop(limit: Any) -> bool:
    """Return whether a limit keeps responses on the host; unset is 1 (EC2 API, InstanceMetadataOptionsRequest)."""
    return limit is None or (limit is not UNKNOWN and str(limit) == "1")


RULE = Rule(
    id="agent-host-requires-imdsv2",
    severity=Severity.HIGH,
    info="The instance metadata service of an agent host requires session tokens (IMDSv2), with a hop limit of 1.",
    why="with IMDSv1 a single forged request, through a prompt or a redirect, returns the host's credentials to an attacker",
    fix="set metadataOptions {httpTokens: required, httpPutResponseHopLimit: 1} on the instance or its launch template",
    ids=("CKV_AWS_79", "CKV_AWS_341", "AWS-0028", "AWS-0130", "EC2.8", "CIS AWS 3.0 5.6"),
    check_resource=check_resource,
    check_stack=check_stack,
)
