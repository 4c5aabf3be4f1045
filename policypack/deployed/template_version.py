"""Which version of a launch template compute starts from, and whether that is the one the program describes.

A LaunchTemplate resource describes its latest version; the version that starts is the pinned number, `$Latest`, or the default
one (`$Default`, or none given: EC2 API, LaunchTemplateSpecification). Templates are made of versions that stay, so a template
that is repaired today still starts yesterday's hosts from an older version. A version that cannot be known is not the one
described.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.model.fqdn import Match
from policypack.graph import Graph, Reference, Resource, Trace
from policypack.known_types import (
    FLEET,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    SCALING_GROUP,
    SPOT_FLEET,
    SUBNETS,
)
from policypack.plain import UNKNOWN, field, is_true, items

_LATEST: Final = "$Latest"
_DEFAULT: Final = "$Default"
_FIRST: Final = "1"
_REPAIR: Final = "name the template's latestVersion, or set its updateDefaultVersion"


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch template or configuration that compute starts from: where it is named, what it may be, and the version named."""

    key: str
    reference: Reference
    version: Any = None


def launches(graph: Graph, resource: Resource) -> Iterator[Launch]:
    """Yield every template and configuration that compute starts from."""
    if resource.type in (*INSTANCES, SCALING_GROUP, NODE_GROUP):
        for block in items(resource.get("launchTemplate")):
            yield from _launch(graph, resource, "launchTemplate", block)
    if resource.type == SCALING_GROUP:
        reference = graph.refer(
            resource, "launchConfiguration", resource.get("launchConfiguration"), (LAUNCH_CONFIGURATION,), ("name", "id")
        )
        yield Launch("launchConfiguration", reference, _LATEST)  # a launch configuration never changes
        for policy in items(resource.get("mixedInstancesPolicy")):
            for mixed in items(field(policy, "launchTemplate")):
                for block in (mixed, *items(field(mixed, "overrides") if mixed is not UNKNOWN else None)):
                    for specification in items(field(block, "launchTemplateSpecification")):
                        yield from _launch(graph, resource, "mixedInstancesPolicy", specification, "launchTemplateId", "launchTemplateName")
    if resource.type in (FLEET, SPOT_FLEET):
        names = ("launchTemplateId", "launchTemplateName") if resource.type == FLEET else ("id", "name")
        for block in items(resource.get("launchTemplateConfigs")):
            for specification in items(field(block, "launchTemplateSpecification")):
                yield from _launch(graph, resource, "launchTemplateConfigs", specification, *names)


def _launch(graph: Graph, resource: Resource, key: str, block: Any, by_id: str = "id", by_name: str = "name") -> Iterator[Launch]:
    for name, attribute in ((by_id, "id"), (by_name, "name")):
        value = field(block, name)
        if value not in (None, ""):
            yield Launch(key, graph.refer(resource, key, value, (LAUNCH_TEMPLATE,), (attribute,)), field(block, "version"))
            return


def unseen_versions(graph: Graph, resource: Resource) -> Iterator[str]:
    """Yield in words every version that compute starts from and that no resource of the stack describes."""
    for launch in launches(graph, resource):
        if launch.reference.trace is Trace.NONE:
            continue
        if not launch.reference.found:
            where = launch.reference.literal or "that cannot be traced"
            kind = "launch configuration" if launch.key == "launchConfiguration" else "launch template"
            yield f"starts from {kind} {where}, which is not in this program"
        for template in launch.reference.found:
            if template.type == LAUNCH_TEMPLATE and not _is_described(resource, launch, template):
                named = f"{_named(launch.version, template)} of {template.label}"
                lag = _lag(template) if launch.version in (None, "", _DEFAULT) else ""
                why = f"and {lag}" if lag else f"which is not the one described here{_latest(template)}"
                yield f"starts from {named}, {why}; {_REPAIR}"


def _is_described(resource: Resource, launch: Launch, template: Resource) -> bool:
    """Return whether the version named is the latest one, which is what the template's properties describe."""
    version = launch.version
    if version is UNKNOWN:
        depends = set(resource.property_dependencies.get(launch.key, ()))
        return template.output("latestVersion") is None and template.urn in depends and _are_templates(depends)
    named = str(version if version not in (None, "") else _DEFAULT).strip()
    if named == _LATEST:
        return True
    if named == _DEFAULT:
        return _is_default_latest(template)
    latest = template.output("latestVersion")
    if latest is None:
        return _is_new(template) and named == _FIRST
    return named == str(latest)


def _are_templates(urns: Iterable[str]) -> bool:
    """Return whether all of these are launch templates, or the subnets of a fleet: an unknown version can then come from nothing else."""
    return all(urn.split("::")[2].endswith((LAUNCH_TEMPLATE, *SUBNETS)) for urn in urns)


def _is_default_latest(template: Resource) -> bool:
    """Return whether the default version is the latest one, and follows it or is not kept from it by the program."""
    latest, default = template.output("latestVersion"), template.output("defaultVersion")
    if _lag(template):
        return False
    if latest is None or default is None:
        return is_true(template.get("updateDefaultVersion")) is Match.YES or _is_new(template)
    return str(default) == str(latest)


def _lag(template: Resource) -> str:
    """Return in words how the program keeps the default version from following the latest one, "" when it does not.

    Such a template is repaired by a new version that no host starts from: what is described and what starts differ from then on.
    """
    pinned, follows = template.get("defaultVersion"), template.get("updateDefaultVersion")
    if template.is_read:
        return ""  # what was read is the default of now, and no setting of the program
    if pinned not in (None, "", 0):
        return (
            "defaultVersion is not known"
            if pinned is UNKNOWN
            else f"defaultVersion {pinned} keeps it when the template gets another version"
        )
    if follows is not None and is_true(follows) is not Match.YES:
        return (
            "updateDefaultVersion is not known"
            if follows is UNKNOWN
            else "updateDefaultVersion is false, so it stays when the template changes"
        )
    return ""


def _is_new(template: Resource) -> bool:
    """Return whether a template has no version yet: its first one will be number 1, and the default."""
    return all(template.output(key) is None for key in ("id", "arn", "latestVersion", "defaultVersion"))


def _named(version: Any, template: Resource) -> str:
    if version is UNKNOWN:
        return "a version that is not known"
    if version not in (None, "", _DEFAULT):
        return f"version {version}"
    default = template.output("defaultVersion")
    return f"the default version{f' {default}' if default is not None else ''}"


def _latest(template: Resource) -> str:
    latest = template.output("latestVersion")
    return f" ({latest})" if latest is not None else " (a new one)"
