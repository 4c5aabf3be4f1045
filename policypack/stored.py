"""Resources of a stack as a file holds them: a checkpoint, what `pulumi stack export` prints, or a preview in JSON.

Works on the parsed document; reading files is the caller's. What a document calls inputs are the inputs; secrets stay
unknown. Resources that wait for deletion, and providers, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.graph import Provider, Resource
from policypack.plain import plain

_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"
_GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"})


def resources_in(document: Any) -> list[Resource]:
    """Return the resources of a document; raises ValueError with what is wrong when it is none of the forms."""
    entries = list(_entries(document))
    providers = {
        one["urn"]: Provider(one["urn"], one["type"], plain(one.get("inputs") or {}))
        for one in entries
        if one["type"].startswith(_PROVIDER)
    }
    return [_resource(one, providers) for one in entries if one["type"] != _STACK and not one.get("delete")]


def _entries(document: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, dict):
        raise ValueError("is not a JSON object")
    if isinstance(document.get("steps"), list):  # `pulumi preview --json`
        for step in document["steps"]:
            state = step.get("newState") if isinstance(step, dict) and step.get("op") not in _GONE else None
            if isinstance(state, dict):
                yield _checked(state)
        return
    holder = document.get("deployment")
    if holder is None and isinstance(document.get("checkpoint"), dict):
        holder = document["checkpoint"].get("latest") or {}
    if holder is None and "resources" in document:
        holder = document
    if not isinstance(holder, dict):
        raise ValueError("is no checkpoint, stack export or preview: it has no deployment, checkpoint, resources or steps")
    resources = holder.get("resources") or []
    if not isinstance(resources, list):
        raise ValueError("has resources that are not a list")
    for one in resources:
        yield _checked(one)


def _checked(entry: Any) -> Mapping[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("urn"), str) or not isinstance(entry.get("type"), str):
        raise ValueError("has a resource without urn or type")
    return entry


def _resource(entry: Mapping[str, Any], providers: Mapping[str, Provider]) -> Resource:
    urn = str(entry.get("provider") or "").rpartition("::")[0]
    outputs = dict(plain(entry.get("outputs") or {}))
    if entry.get("id"):
        outputs.setdefault("id", entry["id"])
    return Resource(
        urn=entry["urn"],
        type=entry["type"],
        name=entry["urn"].rsplit("::", 1)[-1],
        props=plain(entry.get("inputs") or {}),
        outputs=outputs,
        parent=entry.get("parent") or None,
        dependencies=tuple(entry.get("dependencies") or ()),
        property_dependencies={key: tuple(urns or ()) for key, urns in (entry.get("propertyDependencies") or {}).items()},
        provider=providers.get(urn, Provider(urn)) if urn else None,
        is_component=not urn and not entry.get("custom") and not entry["type"].startswith(_PROVIDER),
    )
