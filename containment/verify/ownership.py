"""Whose rules a Controller's policy list holds: a rule is ours when its source is exactly this stack's own group."""

from __future__ import annotations

from containment.verify.controller import ControllerReader


def foreign_rules(reader: ControllerReader, source_group: str) -> list[str]:
    """Return the names of the list's rules whose source is not exactly `source_group`."""
    names = reader.group_names()
    return [rule["name"] for rule in reader.policy_list() if [names.get(uuid) for uuid in rule.get("src_ads") or []] != [source_group]]
