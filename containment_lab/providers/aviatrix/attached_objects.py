"""Rulesets and policy groups: policies of several owners, each at its attachment point.

An object left by a killed run (same name and content) is adopted, as with groups. A missing ruleset makes reads fail, as with the real
provider, which does not read `attachTo` back either: a ruleset that was attached elsewhere is drift that it does not see.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from containment.controller_api.errors import CallRefusedError
from containment_lab.providers.aviatrix import rules
from containment_lab.providers.aviatrix.policy import hide_uuids
from containment_lab.providers.aviatrix.resource import RestResource, parse_release
from containment_lab.providers.handler import Call, Props, RefusedError
from containment_lab.wire import UNKNOWN

LOG_START = rules.LOG_PROFILES[0]
"""Log profile of a ruleset's rule that sets none."""


class AttachedObject(RestResource):
    """The common part of rulesets and groups."""

    autoname = "name"
    since = (8, 2, 0)
    path = "microseg/policy-list3"
    kind: str = ""
    """The metadata that marks an object as managed by Terraform."""

    def get_outputs(self, call: Call, ident: str, inputs: Props) -> Props:
        """Return the object as it is on the Controller."""
        return self.read(call, ident, inputs) or {}

    def mark(self, body: Props, state: Props) -> Props:
        """Return an object's body marked as Terraform's on create, and with its uuid on update."""
        more = {"uuid": state[self.own_id]} if state else {"metadata": {"terraform": {"resource_type": self.kind}}}
        return {**body, **more}

    def find_leftover(self, call: Call, body: Props) -> str:
        """Return the uuid of an object of this name and content, "" without one of the name; refuse other content."""
        for each in self.get_client(call).call_rest("GET", self.path)["dcf_policies"]:
            if each["name"] == body["name"] and ("policies" in each) == ("policies" in body):
                if _strip_metadata(each) != _strip_metadata(body):
                    raise RefusedError(
                        f"failed to create {self.called}: {body['name']} exists on the Controller ({each['uuid']}) with other content. "
                        "Fix: choose another name, import it, or delete it there."
                    )
                return str(each["uuid"])
        return ""


class Ruleset(AttachedObject):
    """`aviatrix_dcf_ruleset`: rules as a set, evaluated by priority."""

    type_name = "dcfRuleset"
    called = "DCF Ruleset"
    kind = "terraform-policy-list"
    inputs = frozenset({"name", "attachTo", "rules"})
    enriched = frozenset({"rules"})
    unless_set = {"attachTo": "", "rules": []}

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the rules' fields."""
        return rules.find_problems("rules", inputs.get("rules"), parse_release(call.config), priority=True)

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare rules by meaning, as a set."""
        if key == "rules" and isinstance(one, list) and isinstance(other, list):
            return _normalize_rules(one) == _normalize_rules(other)
        return super().is_same(key, one, other)

    def compute_preview(self, call: Call, inputs: Props) -> Props:
        """Mark every rule's uuid as unknown: the Controller assigns it."""
        return {"rules": hide_uuids(inputs["rules"])} if "rules" in inputs else {}

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the ruleset with its rules by priority, each with its present uuid."""
        uuids = rules.map_uuids(state.get("rules"))
        release = parse_release(call.config)
        sent = sorted(
            (rules.encode_rule(rule, uuids, release, LOG_START) for rule in inputs.get("rules") or []), key=lambda rule: rule["priority"]
        )
        if not state:
            sent = [{**rule, "metadata": {"terraform": {"resource_type": "terraform-policy"}}} for rule in sent]
        place = {"attach_to": inputs["attachTo"]} if inputs.get("attachTo") else {}
        return self.mark({"name": inputs["name"], "policies": sent, **place}, state)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the ruleset, its rules by priority; a missing one is an error (AVXERR-DFW-0025)."""
        try:
            told = self.get_client(call).call_rest("GET", f"{self.path}/{ident}")
        except CallRefusedError as error:
            raise RefusedError(f"failed to read DCF Ruleset: {error}. Fix: remove it from the state (`state delete`).") from None
        live = [rules.decode_rule(rule) for rule in told["policies"] if not rule.get("system_resource")]
        return self.add_id(ident, name=told["name"], rules=sorted(live, key=lambda rule: (rule["priority"], rule["name"])))

    def convert_to_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live rules in the shape of the given ones."""
        return rules.convert_to_inputs(given, live, LOG_START) if key == "rules" else live


class PolicyGroup(AttachedObject):
    """`aviatrix_dcf_policy_group`: rulesets, groups and attachment points under one point."""

    type_name = "dcfPolicyGroup"
    called = "DCF Policy Group"
    kind = "terraform-policy-block"
    inputs = frozenset({"name", "attachTo", "attachmentPoints", "policyGroupReferences", "rulesetReferences"})
    computed = frozenset({"systemResource"})
    sets = frozenset({"attachmentPoints", "policyGroupReferences", "rulesetReferences"})
    enriched = frozenset({"attachmentPoints"})
    unless_set = {"attachTo": "", "attachmentPoints": [], "policyGroupReferences": [], "rulesetReferences": []}
    references = {"policyGroupReferences": "block", "rulesetReferences": "list"}

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare children as sets; a point's uuids do not come from the program."""
        if key == "attachmentPoints" and isinstance(one, list) and isinstance(other, list):
            one, other = ([{name: each.get(name) for name in ("name", "priority")} for each in points] for points in (one, other))
        return super().is_same(key, one, other)

    def compute_preview(self, call: Call, inputs: Props) -> Props:
        """Mark the points' uuids as unknown: the Controller assigns them."""
        given = inputs.get("attachmentPoints")
        if not isinstance(given, list):
            return {}
        return {
            "attachmentPoints": [{**each, "uuid": UNKNOWN, "targetUuid": UNKNOWN} if isinstance(each, dict) else each for each in given]
        }

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the group after looking up points by name, as the real provider does."""
        children: list[Props] = []
        for key, kind in self.references.items():
            children += [{"name": "", kind: each["targetUuid"], "priority": each["priority"]} for each in inputs.get(key) or []]
        for each in inputs.get("attachmentPoints") or []:
            found = self.get_client(call).call_rest("GET", "microseg/attachment-points", name=each["name"])[0]["attachment_point_id"]
            children.append({"name": "", "attachment_point": {"name": each["name"], "uuid": found}, "priority": each["priority"]})
        if not children:
            raise RefusedError("invalid inputs for DCF Policy Group: it must contain a group, a ruleset or an attachment point")
        place = {"attach_to": inputs["attachTo"]} if inputs.get("attachTo") else {}
        return self.mark({"name": inputs["name"], "sub_policies": children, **place}, state)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group and its children."""
        told = self.get_client(call).call_rest("GET", f"{self.path}/{ident}")
        live: Props = {"attachmentPoints": [], "policyGroupReferences": [], "rulesetReferences": []}
        for child in told["sub_policies"]:
            if point := child.get("attachment_point"):
                point = {"name": point["name"], "uuid": point.get("uuid", ""), "targetUuid": point.get("target_uuid", "")}
                live["attachmentPoints"].append({**point, "priority": child["priority"]})
            for key, kind in self.references.items():
                if child.get(kind):
                    live[key].append({"targetUuid": child[kind], "priority": child["priority"]})
        place = {"attachTo": told["attach_to"]} if told.get("attach_to") else {}
        return self.add_id(ident, name=told["name"], systemResource=bool(told.get("system_resource")), **place, **live)

    def convert_to_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live value without fields that are no inputs."""
        if key == "attachmentPoints":
            return [{"name": each["name"], "priority": each["priority"]} for each in live]
        return live


def _strip_metadata(value: Any) -> Any:
    """Return an object's content, without fields that the Controller adds."""
    if isinstance(value, dict):
        left_out = ("uuid", "metadata")
        return {key: _strip_metadata(item) for key, item in value.items() if key not in left_out and item not in (False, None, "", [])}
    return [_strip_metadata(item) for item in value] if isinstance(value, list) else value


def _normalize_rules(given: list[Any]) -> list[str]:
    return sorted(json.dumps(rules.normalize_rule(rule, LOG_START), sort_keys=True) for rule in given)
