"""The vended agents behind the addresses in logs, by the tags of the hosts in a deployed state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from containment.files import input_files
from containment.names import AgentTag
from containment.observe.evidence import NamedAgent


def find_agent_hosts(value: Any) -> tuple[NamedAgent, ...]:
    """Return the agents in JSON data of a state by address: objects with `privateIp` and tags that name an agent."""
    return tuple(sorted(set(_walk(value)), key=lambda one: (one.name, one.address)))


def read_agent_hosts(path: Path) -> tuple[NamedAgent, ...]:
    """Return the agents in a file that `read_rule_file` accepted; none where it is a rule table only."""
    return find_agent_hosts(input_files.read_json(path))


def _walk(value: Any) -> Iterator[NamedAgent]:
    if isinstance(value, Mapping):
        tags = value.get("tags")
        if isinstance(tags, Mapping) and (agent := _make_agent(value.get("privateIp"), tags)) is not None:
            yield agent
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner)


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
