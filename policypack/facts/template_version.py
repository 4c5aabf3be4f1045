"""Launch template versions: compare the version that compute starts from with the one that the program describes.

A LaunchTemplate resource describes its latest version; compute starts from the pinned number, `$Latest`, or the default version
(`$Default`, or unset: EC2 API, LaunchTemplateSpecification). Old versions of a template stay, so compute can still start from a
version older than today's repair. A version that cannot be determined does not count as the described one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from containment.ternary import Ternary
from policypack.graph import known_types as kt
from policypack.graph.plain_data import UNKNOWN, get_field, get_items, is_true
from policypack.graph.resources import Graph, Reference, Resource, Trace

_LATEST: Final = "$Latest"
_DEFAULT: Final = "$Default"
_FIRST: Final = "1"
_REPAIR: Final = "name the template's latestVersion, or set its updateDefaultVersion"


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch template or configuration that compute starts from: the property that names it, its resources, and the version."""

    key: str
    reference: Reference
    version: Any = None


def find_launches(graph: Graph, resource: Resource) -> Iterator[Launch]:
    """Yield every template and configuration that compute starts from."""
    if resource.type in (*kt.INSTANCES, kt.SCALING_GROUP, kt.NODE_GROUP):
        for block in get_items(resource.get("launchTemplate")):
            yield from _find_launch(graph, resource, "launchTemplate", block)
    if resource.type == kt.SCALING_GROUP:
        reference = graph.follow(resource, "launchConfiguration", (kt.LAUNCH_CONFIGURATION,), ("name", "id"))
        yield Launch("launchConfiguration", reference, _LATEST)  # a launch configuration never changes
        for policy in get_items(resource.get("mixedInstancesPolicy")):
            for mixed in get_items(get_field(policy, "launchTemplate")):
                for block in (mixed, *get_items(get_field(mixed, "overrides") if mixed is not UNKNOWN else None)):
                    for specification in get_items(get_field(block, "launchTemplateSpecification")):
                        yield from _find_launch(
                            graph, resource, "mixedInstancesPolicy", specification, "launchTemplateId", "launchTemplateName"
                        )
    if resource.type in (kt.FLEET, kt.SPOT_FLEET):
        names = ("launchTemplateId", "launchTemplateName") if resource.type == kt.FLEET else ("id", "name")
        for block in get_items(resource.get("launchTemplateConfigs")):
            for specification in get_items(get_field(block, "launchTemplateSpecification")):
                yield from _find_launch(graph, resource, "launchTemplateConfigs", specification, *names)


def _find_launch(graph: Graph, resource: Resource, key: str, block: Any, by_id: str = "id", by_name: str = "name") -> Iterator[Launch]:
    for name, attribute in ((by_id, "id"), (by_name, "name")):
        value = get_field(block, name)
        if value not in (None, ""):
            yield Launch(key, graph.resolve(resource, key, value, (kt.LAUNCH_TEMPLATE,), (attribute,)), get_field(block, "version"))
            return


def describe_unseen_versions(graph: Graph, resource: Resource) -> Iterator[str]:
    """Yield, in words for a message, every version that compute starts from and that no resource of the stack describes."""
    for launch in find_launches(graph, resource):
        if launch.reference.trace is Trace.NONE:
            continue
        if not launch.reference.found:
            where = launch.reference.literal or "that cannot be traced"
            kind = "launch configuration" if launch.key == "launchConfiguration" else "launch template"
            yield f"starts from {kind} {where}, which is not in this program"
        for template in launch.reference.found:
            if template.type == kt.LAUNCH_TEMPLATE and not _is_described(resource, launch, template):
                named = f"{_describe_version(launch.version, template)} of {template.label}"
                lag = _describe_lag(template) if launch.version in (None, "", _DEFAULT) else ""
                why = f"and {lag}" if lag else f"not from the one described here{_format_latest(template)}"
                yield f"starts from {named}, {why}; {_REPAIR}"


def _is_described(resource: Resource, launch: Launch, template: Resource) -> bool:
    """Return whether the launch names the latest version, which the template's properties describe."""
    version = launch.version
    if version is UNKNOWN:
        depends = set(resource.property_dependencies.get(launch.key, ()))
        return template.get_output("latestVersion") is None and template.urn in depends and _is_all_templates(depends)
    named = str(version if version not in (None, "") else _DEFAULT).strip()
    if named == _LATEST:
        return True
    if named == _DEFAULT:
        return _is_default_latest(template)
    latest = template.get_output("latestVersion")
    if latest is None:
        return _is_new(template) and named == _FIRST
    return named == str(latest)


def _is_all_templates(urns: Iterable[str]) -> bool:
    """Return whether all URNs are launch templates or subnets: then an unknown version can only be one of a template."""
    return all(urn.split("::")[2].endswith((kt.LAUNCH_TEMPLATE, *kt.SUBNETS)) for urn in urns)


def _is_default_latest(template: Resource) -> bool:
    """Return whether the default version is the latest one, and the program does not keep it from following."""
    latest, default = template.get_output("latestVersion"), template.get_output("defaultVersion")
    if _describe_lag(template):
        return False
    if latest is None or default is None:
        return is_true(template.get("updateDefaultVersion")) is Ternary.YES or _is_new(template)
    return str(default) == str(latest)


def _describe_lag(template: Resource) -> str:
    """Return in words how the program keeps the default version from following the latest one, "" if it does not.

    A repair of such a template creates a new version that no host starts from; from then on, the description is wrong.
    """
    pinned, follows = template.get("defaultVersion"), template.get("updateDefaultVersion")
    if template.is_read:
        return ""  # the read value is the current default, not a setting of the program
    if pinned not in (None, "", 0):
        return (
            "defaultVersion is not known"
            if pinned is UNKNOWN
            else f"defaultVersion {pinned} keeps it when the template gets another version"
        )
    if follows is not None and is_true(follows) is not Ternary.YES:
        return (
            "updateDefaultVersion is not known"
            if follows is UNKNOWN
            else "updateDefaultVersion is false, so it stays when the template changes"
        )
    return ""


def _is_new(template: Resource) -> bool:
    """Return whether a template has no version yet: its first version will be number 1 and the default."""
    return all(template.get_output(key) is None for key in ("id", "arn", "latestVersion", "defaultVersion"))


def _describe_version(version: Any, template: Resource) -> str:
    if version is UNKNOWN:
        return "a version that is not known"
    if version not in (None, "", _DEFAULT):
        return f"version {version}"
    default = template.get_output("defaultVersion")
    return f"the default version{f' {default}' if default is not None else ''}"


def _format_latest(template: Resource) -> str:
    latest = template.get_output("latestVersion")
    return f" ({latest})" if latest is not None else " (a new one)"
