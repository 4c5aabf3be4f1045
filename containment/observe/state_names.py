"""Names for what logs contain: each deployed rule by uuid, and the vended agents by address.

Rules come from a file, a deployed state or a plain list, agents from the tags of the hosts in a deployed state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

from containment.errors import InputError, Problem
from containment.files import input_files
from containment.names import AgentTag
from containment.observe.evidence import NamedAgent


def read_rule_file(path: Path) -> dict[str, str]:
    """Return the rule names in a file: `{uuid: name}`, a list of rules, or a state with them; raises InputError."""
    title, why = "rules cannot be read", "logs have the uuids of rules only"
    fix = "give the output of `containment lab export` or `pulumi stack export`, or JSON such as {UUID: NAME}"
    with input_files.explain_errors(title, why, fix):
        found = find_rules(input_files.read_json(path))
    if not found:
        raise InputError(title, [Problem(str(path), "has no rule with a uuid", why, fix)])
    return found


def find_rules(value: Any) -> dict[str, str]:
    """Return the names of all rules in JSON data by uuid: objects with `uuid`, `name` and `action`, or a mapping of uuids to names."""
    if isinstance(value, Mapping) and value and all(_is_uuid(key) and isinstance(name, str) for key, name in value.items()):
        return {str(UUID(key)): name for key, name in value.items()}
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and {*one} == {"uuid", "name"} for one in value):
        return {str(UUID(one["uuid"])): str(one["name"]) for one in value if _is_uuid(one["uuid"])}
    named = (one for one in _iterate_objects(value) if "action" in one and isinstance(one.get("name"), str))
    return {str(UUID(one["uuid"])): one["name"] for one in named if _is_uuid(one.get("uuid"))}


def _iterate_objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in JSON data, an outer one before those in it."""
    if isinstance(value, Mapping):
        yield value
    if isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _iterate_objects(inner)


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(UUID(text))
    except ValueError:
        return False


def find_agent_hosts(value: Any) -> tuple[NamedAgent, ...]:
    """Return the agents in JSON data of a state by address: objects with `privateIp` and tags that name an agent."""
    found = (_make_agent(one.get("privateIp"), one["tags"]) for one in _iterate_objects(value) if isinstance(one.get("tags"), Mapping))
    return tuple(sorted({one for one in found if one is not None}, key=lambda one: (one.name, one.address)))


def read_agent_hosts(path: Path) -> tuple[NamedAgent, ...]:
    """Return the agents in a file that `read_rule_file` accepted; none where it is a rule table only."""
    return find_agent_hosts(input_files.read_json(path))


def _make_agent(address: Any, tags: Mapping[Any, Any]) -> NamedAgent | None:
    name = tags.get(AgentTag.NAME.value)
    if not isinstance(name, str) or not name or not isinstance(address, str):
        return None
    try:
        plain = str(ip_address(address))
    except ValueError:  # not known yet, as in a preview
        return None
    return NamedAgent(
        address=plain,
        name=name,
        owner=str(tags.get(AgentTag.OWNER.value, "")),
        data_steward=str(tags.get(AgentTag.DATA_STEWARD.value, "")),
        data_classification=str(tags.get(AgentTag.DATA_CLASSIFICATION.value, "")),
    )
