"""The deployed view of a stack: judged properties have the value that the provider last returned.

Rules judge both views, the program's and the deployed one. An unset property whose output is empty, false or zero remains unset;
an output that is not known yet is ignored. Values with the same meaning (blocks in another order, a JSON document in another
layout) are equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from policypack.facts.deployed.properties import JUDGED, Fields
from policypack.facts.deployed.shared_values import WITHOUT_OTHERS
from policypack.finding import Rule, Violation
from policypack.graph.plain_data import get_items, has_unknown
from policypack.graph.resources import Graph, Resource

_EMPTY: tuple[Any, ...] = (None, "", [], {}, False, 0)
_MADE_BY_PROVIDER = frozenset({"uuid"})
"""Fields of a DCF rule that only the Controller writes."""


def find_violations(rule: Rule, graph: Graph) -> list[Violation]:
    """Return the faults that a rule finds in a stack: as the program sets it, then as it is deployed."""
    assert rule.check_stack is not None, f"{rule.id} judges no stack"
    found = rule.check_stack(graph)
    view = build_deployed_view(graph)
    if view is graph:
        return found
    known = set(found)
    return [
        *found,
        *(
            Violation(one.where, f"{one.what} (as deployed, not as the program sets it)")
            for one in rule.check_stack(view)
            if one not in known
        ),
    ]


def build_deployed_view(graph: Graph) -> Graph:
    """Return the stack as it is deployed; the same graph if no judged property differs."""
    return graph.compute_once(build_deployed_view, lambda: _build_deployed_view(graph))


def _build_deployed_view(graph: Graph) -> Graph:
    changed = {}
    for resource in graph.resources:
        judged = JUDGED.get(resource.type)
        if judged and not resource.is_read and (answers := _find_differences(graph, resource, judged)):
            changed[resource] = answers
    if not changed:
        return graph
    return Graph(replace(one, props={**one.props, **changed[one]}) if one in changed else one for one in graph.resources)


def _find_differences(graph: Graph, resource: Resource, judged: Mapping[str, Fields]) -> dict[str, Any]:
    """Return the judged properties of a resource whose deployed value differs from the program's."""
    found = {}
    outputs, props = resource.outputs, resource.props
    for key, fields in judged.items():
        output = outputs.get(key)
        if output in _EMPTY and key not in props:
            continue
        wanted = props.get(key)
        if output is None or output == wanted or has_unknown(output) or has_unknown(wanted):
            continue
        value = _select_fields(output, fields)
        without_others = WITHOUT_OTHERS.get((resource.type, key))
        if without_others is not None:
            value = without_others(graph, resource, wanted, value)
        if not (value in _EMPTY and wanted in _EMPTY) and _normalize(value) != _normalize(_select_fields(wanted, fields)):
            found[key] = value
    return found


def _select_fields(value: Any, fields: Fields) -> Any:
    """Return a block, or a list of blocks, with only some fields."""
    if not fields or value in _EMPTY:
        return value
    blocks = [{name: block[name] for name in fields if name in block} if isinstance(block, dict) else block for block in get_items(value)]
    return blocks if isinstance(value, list) else blocks[0]


def _normalize(value: Any) -> Any:
    """Return a value in canonical form: no empty fields, sorted lists, a list of one block as that block, JSON text normalized."""
    if isinstance(value, Mapping):
        kept = {key: _normalize(value[key]) for key in sorted(value) if key not in _MADE_BY_PROVIDER}
        return {key: item for key, item in kept.items() if item not in _EMPTY} or None
    if isinstance(value, list):
        found = sorted((_normalize(item) for item in value), key=repr)
        return found[0] if len(found) == 1 and isinstance(found[0], dict) else found
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _normalize_json(value)
    return str(value).lower() if isinstance(value, bool) else value


@lru_cache(maxsize=256)
def _normalize_json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text
