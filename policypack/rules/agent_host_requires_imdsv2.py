"""The metadata service of an agent host answers only with a session token, and only to the host itself.

What applies is what the instance says, else its launch template, else the account's defaults (and those only for a host
that is made after them, in the same region and account). Silence is not a requirement, and neither is an unknown. A service
that is switched off is fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policypack.finding import Fault, Rule, Severity
from policypack.graph import Graph, Resource
from policypack.hosts import Host, find_hosts
from policypack.known_types import HAS_METADATA_SERVICE, INSTANCES, METADATA_DEFAULTS, SPOT_FLEET, TEMPLATES
from policypack.network.where import describe_place, is_same_place
from policypack.plain import UNKNOWN, field, items

_STATES = (*INSTANCES, *TEMPLATES)
"""Types with `metadataOptions` of their own."""


def check_resource(resource: Resource, seen: Sequence[Resource] = ()) -> list[Fault]:
    """Return what one instance, template or account default says wrong; silence counts when nothing else could speak."""
    if resource.type == METADATA_DEFAULTS:
        return [Fault(resource.urn, what) for what in _defaults(resource)]
    if resource.type not in _STATES or _is_off(resource):
        return []
    faults = [Fault(resource.urn, what) for what in _said_wrong(resource)]
    alone = resource.get("launchTemplate") is None and not any(one.type == METADATA_DEFAULTS for one in seen)
    if resource.type in INSTANCES and alone and _said(resource, "httpTokens") is None:
        faults.append(Fault(resource.urn, _SILENT))
    return faults


def check_stack(graph: Graph) -> list[Fault]:
    """Return a fault at every resource that leaves an agent host without the requirement."""
    hosts = find_hosts(graph)
    faults: dict[Fault, None] = {}
    if hosts:
        faults.update(dict.fromkeys(Fault(one.urn, what) for one in graph.of(METADATA_DEFAULTS) for what in _defaults(one)))
    for host in hosts:
        if host.resource.type not in HAS_METADATA_SERVICE:
            continue
        faults.update(dict.fromkeys(_judge(graph, host)))
    return list(faults)


_SILENT = "does not require IMDSv2: metadataOptions.httpTokens is not stated, and silence is not a requirement"


def _judge(graph: Graph, agent: Host) -> Iterator[Fault]:
    host, used = agent.resource, agent.templates
    speakers = [one for one in (host, *used) if one.type in _STATES]
    for one in speakers:
        if not _is_off(one):
            yield from (Fault(one.urn, what) for what in _said_wrong(one))
    if host.type == SPOT_FLEET and items(host.get("launchSpecifications")):
        yield Fault(host.urn, "does not require IMDSv2: launchSpecifications have no metadata options; use a launch template")
    if agent.unseen:  # what such a template leaves unset cannot be seen either
        yield from () if _overrides_templates(host) else (Fault(host.urn, what) for what in agent.unseen)
        return
    for template in used or (None,):
        chain = [one for one in (host, template) if one is not None and one.type in _STATES]
        if next((said for one in chain if (said := _said(one, "httpEndpoint")) is not None), None) == "disabled":
            continue  # what the instance says goes before what its template says
        yield from _silences(graph, host, chain)


def _silences(graph: Graph, host: Resource, chain: list[Resource]) -> Iterator[Fault]:
    """Yield faults for what neither the host nor its template states, unless the account's defaults do."""
    defaults = graph.of(METADATA_DEFAULTS)
    last = chain[-1] if chain else host
    silent = host if host.type in INSTANCES else last
    if all(_said(one, "httpTokens") is None for one in chain):
        near = [one for one in defaults if is_same_place(one, host)]
        if any(_loosens(one) for one in near):
            return  # reported at the defaults themselves
        required = [one for one in near if one.get("httpTokens") == "required"]
        if not required:
            yield Fault(silent.urn, f"{_SILENT}{_why(host, [one for one in defaults if one not in near])}")
        elif not any(graph.depends_on(host, one) for one in required):
            yield Fault(silent.urn, f"{_SILENT}; the account's defaults do, but {host.label} does not wait for them")


def _why(host: Resource, elsewhere: list[Resource]) -> str:
    """Return what might have been taken for the requirement, for the message."""
    if not elsewhere:
        return ""
    places = ", ".join(f"{one.name} in {describe_place(one)}" for one in elsewhere)
    return f"; defaults apply in their own region and account only: {places}, while {host.label} is in {describe_place(host)}"


def _loosens(defaults: Resource) -> bool:
    return defaults.get("httpTokens") not in (None, "required", "no-preference")


def _defaults(resource: Resource) -> Iterator[str]:
    """Yield what the account's defaults loosen: the next host that says nothing starts with them."""
    if _loosens(resource):
        yield f"lets hosts of the account start without IMDSv2: httpTokens is {_shown(resource.get('httpTokens'))}"
    limit = resource.get("httpPutResponseHopLimit")
    if not _is_one_hop(limit) and limit != -1:  # -1: no preference
        yield f"lets metadata answers of the account's hosts travel on: httpPutResponseHopLimit is {_shown(limit)}"


def _said(resource: Resource, key: str) -> Any:
    """Return what a resource's metadata options say under a key; None when they say nothing."""
    blocks = items(resource.get("metadataOptions"))
    return field(blocks[0], key) if blocks else None


def _said_wrong(resource: Resource) -> Iterator[str]:
    tokens = _said(resource, "httpTokens")
    if tokens is not None and tokens != "required":
        yield f"does not require IMDSv2: metadataOptions.httpTokens is {_shown(tokens)}"
    limit = _said(resource, "httpPutResponseHopLimit")
    if not _is_one_hop(limit):
        yield f"lets metadata answers travel on, to containers for one: metadataOptions.httpPutResponseHopLimit is {_shown(limit)}"


def _overrides_templates(resource: Resource) -> bool:
    """Tell whether what an instance sets for itself leaves nothing of this to its launch template."""
    return _is_off(resource) or (_said(resource, "httpTokens") is not None and _said(resource, "httpPutResponseHopLimit") is not None)


def _is_off(resource: Resource) -> bool:
    return bool(_said(resource, "httpEndpoint") == "disabled")


def _is_one_hop(limit: Any) -> bool:
    """Tell whether a limit keeps answers on the host; unset is 1 (EC2 API, InstanceMetadataOptionsRequest)."""
    return limit is None or (limit is not UNKNOWN and str(limit) == "1")


def _shown(value: Any) -> str:
    return "not known before the update" if value is UNKNOWN else repr(value)


RULE = Rule(
    id="agent-host-requires-imdsv2",
    severity=Severity.HIGH,
    info="The instance metadata service of an agent host requires session tokens (IMDSv2) and answers one hop at most.",
    why="with IMDSv1 one forged request, by prompt or by redirect, hands the host's credentials to whoever asked",
    fix="state metadataOptions {httpTokens: required, httpPutResponseHopLimit: 1} on the instance or its launch template",
    ids=("CKV_AWS_79", "CKV_AWS_341", "AWS-0028", "AWS-0130", "EC2.8", "CIS AWS 3.0 5.6"),
    check_resource=check_resource,
    check_stack=check_stack,
)
