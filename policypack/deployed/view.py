"""A stack as it is deployed: judged properties take the value that the provider last answered.

Rules judge both views, what the program asks for and what is there. A property left unset whose output is empty, false or zero
is left unset; an output that is not known yet is no fact. Values that mean the same (blocks in another order, a JSON
document in another layout) are the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from policypack.deployed.properties import JUDGED, Fields
from policypack.deployed.shared import WITHOUT_OTHERS
from policypack.finding import Fault, Rule
from policypack.graph import Graph, Resource
from policypack.plain import has_unknown, items

_EMPTY: tuple[Any, ...] = (None, "", [], {}, False, 0)
_MADE_BY_PROVIDER = frozenset({"uuid"})
"""Fields of a DCF rule that only the Controller writes."""


def faults_of(rule: Rule, graph: Graph) -> list[Fault]:
    """Return what a rule finds wrong with a stack: as the program sets it, then as it is deployed."""
    assert rule.check_stack is not None, f"{rule.id} judges no stack"
    found = rule.check_stack(graph)
    view = as_deployed(graph)
    if view is graph:
        return found
    known = set(found)
    return [
        *found,
        *(Fault(one.where, f"{one.what} (as deployed, not as the program sets it)") for one in rule.check_stack(view) if one not in known),
    ]


def as_deployed(graph: Graph) -> Graph:
    """Return the stack as it is deployed; the same graph when nothing that is judged differs."""
    return graph.once(as_deployed, lambda: _as_deployed(graph))


def _as_deployed(graph: Graph) -> Graph:
    changed = {}
    for resource in graph.resources:
        judged = JUDGED.get(resource.type)
        if judged and not resource.is_read and (answers := _answers(graph, resource, judged)):
            changed[resource] = answers
    if not changed:
        return graph
    return Graph(replace(one, props={**one.props, **changed[one]}) if one in changed else one for one in graph.resources)


def _answers(graph: Graph, resource: Resource, judged: Mapping[str, Fields]) -> dict[str, Any]:
    """Return the judged properties of a resource whose deployed value differs from what the program sets."""
    found = {}
    outputs, props = resource.outputs, resource.props
    for key, fields in judged.items():
        output = outputs.get(key)
        if output in _EMPTY and key not in props:
            continue
        wanted = props.get(key)
        if output is None or output == wanted or has_unknown(output) or has_unknown(wanted):
            continue
        value = _only(output, fields)
        without_others = WITHOUT_OTHERS.get((resource.type, key))
        if without_others is not None:
            value = without_others(graph, resource, wanted, value)
        if not (value in _EMPTY and wanted in _EMPTY) and _canonical(value) != _canonical(_only(wanted, fields)):
            found[key] = value
    return found


def _only(value: Any, fields: Fields) -> Any:
    """Return a block, or a list of blocks, with these fields only."""
    if not fields or value in _EMPTY:
        return value
    blocks = [{name: block[name] for name in fields if name in block} if isinstance(block, dict) else block for block in items(value)]
    return blocks if isinstance(value, list) else blocks[0]


def _canonical(value: Any) -> Any:
    """Return a value in one spelling: no empty fields, lists sorted, a list of one block as that block, JSON text as its document."""
    if isinstance(value, Mapping):
        kept = {key: _canonical(value[key]) for key in sorted(value) if key not in _MADE_BY_PROVIDER}
        return {key: item for key, item in kept.items() if item not in _EMPTY} or None
    if isinstance(value, list):
        found = sorted((_canonical(item) for item in value), key=repr)
        return found[0] if len(found) == 1 and isinstance(found[0], dict) else found
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _document(value)
    return str(value).lower() if isinstance(value, bool) else value


@lru_cache(maxsize=256)
def _document(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text
