"""Ownership on a Controller: rules of other owners in its policy list, and the attachment points of policy groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from containment.controller_api.reader import ControllerReader


def find_foreign_rules(reader: ControllerReader, source_group: str) -> list[str]:
    """Return the names of the policy list's rules whose source is not exactly `source_group`."""
    names = reader.get_group_names()
    return [rule["name"] for rule in reader.get_policy_list() if [names.get(uuid) for uuid in rule.get("src_ads") or []] != [source_group]]


def find_attachment_points(reader: ControllerReader) -> dict[str, str]:
    """Return the attachment points of the Controller's policy groups: name -> uuid.

    A group that the list contains without its children is read separately.
    """
    listed = reader.get_rulesets()
    brief = [str(each["uuid"]) for each in listed if each.get("uuid") and not each.keys() & {"sub_policies", "policies"}]
    return parse_points([*listed, *map(reader.get_ruleset, brief)])


def parse_points(rulesets: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the attachment points in policy groups, in the form in which the Controller lists them: name -> uuid."""
    points = [sub["attachment_point"] for each in rulesets for sub in each.get("sub_policies") or [] if sub.get("attachment_point")]
    return {str(point["name"]): str(point["uuid"]) for point in points if point.get("name") and point.get("uuid")}
