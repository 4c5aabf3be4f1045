"""Resources of a stack from a document: a checkpoint, the output of `pulumi stack export`, or a preview in JSON.

The caller reads the file and parses it. A resource's inputs are the document's, but a resource that the program reads (`external`)
has none, and its outputs are used. Secrets stay unknown. Resources that are pending deletion are left out. The stack itself and
providers are returned, but `count_deployed` does not count them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policypack.graph.plain_data import make_plain
from policypack.graph.resources import Provider, Resource
from policypack.waivers import STACK

_PROVIDER = "pulumi:providers:"
_GONE = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "remove-pending-replace"})


def load_resources(document: Any) -> list[Resource]:
    """Return the resources of a document. Raises ValueError with the reason if it has none of the three forms."""
    entries = list(_find_entries(document))
    providers = {
        one["urn"]: Provider(one["urn"], one["type"], make_plain(one.get("inputs") or {}))
        for one in entries
        if one["type"].startswith(_PROVIDER)
    }
    return [_build_resource(one, providers) for one in entries if not one.get("delete")]


def count_deployed(resources: Iterable[Resource]) -> int:
    """Return the number of deployed resources, without the stack itself and providers."""
    return sum(one.type != STACK and not one.type.startswith(_PROVIDER) for one in resources)


def _find_entries(document: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(document, dict):
        raise ValueError("is not a JSON object")
    if isinstance(document.get("steps"), list):  # `pulumi preview --json`
        for step in document["steps"]:
            state = step.get("newState") if isinstance(step, dict) and step.get("op") not in _GONE else None
            if isinstance(state, dict):
                yield _check_entry(state)
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
        yield _check_entry(one)


def _check_entry(entry: Any) -> Mapping[str, Any]:
    if not isinstance(entry, dict) or not isinstance(entry.get("urn"), str) or not isinstance(entry.get("type"), str):
        raise ValueError("has a resource without urn or type")
    return entry


def _build_resource(entry: Mapping[str, Any], providers: Mapping[str, Provider]) -> Resource:
    urn = str(entry.get("provider") or "").rpartition("::")[0]
    outputs = dict(make_plain(entry.get("outputs") or {}))
    if entry.get("id"):
        outputs.setdefault("id", entry["id"])
    is_read = bool(entry.get("external"))
    return Resource(
        urn=entry["urn"],
        type=entry["type"],
        name=entry["urn"].rsplit("::", 1)[-1],
        props=outputs if is_read and entry.get("outputs") else make_plain(entry.get("inputs") or {}),
        outputs=outputs,
        parent=entry.get("parent") or None,
        dependencies=tuple(entry.get("dependencies") or ()),
        property_dependencies={key: tuple(urns or ()) for key, urns in (entry.get("propertyDependencies") or {}).items()},
        provider=providers.get(urn, Provider(urn)) if urn else None,
        is_component=not urn and not entry.get("custom") and not entry["type"].startswith(_PROVIDER),
        is_read=is_read,
    )
