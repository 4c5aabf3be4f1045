"""Rulesets and policy groups: policy of many owners, each at its attachment point.

One that a killed run left (same name and content) is adopted, as with groups. A ruleset that is gone makes reads fail, as
with the real provider, which does not read `attachTo` back either: a ruleset hung elsewhere is drift that it does not see.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from containment.lab.providers.aviatrix import rules
from containment.lab.providers.aviatrix.client import ControllerError
from containment.lab.providers.aviatrix.policy import with_unknown_uuids
from containment.lab.providers.aviatrix.resource import AviatrixResource, gone_is_fine, release_of
from containment.lab.providers.handler import Call, Props, RefusedError
from containment.lab.wire import UNKNOWN

PATH = "microseg/policy-list3"
LOG_START = rules.LOG_PROFILES[0]
"""What a ruleset's rule has unless it names another log profile."""


class Placed(AviatrixResource):
    """What rulesets and groups have in common."""

    autoname = "name"
    since = (8, 2, 0)
    called: str = ""
    kind: str = ""
    """The metadata that marks it as Terraform's."""

    def body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the whole object as it is sent."""
        raise NotImplementedError

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Make it, or adopt the one a killed run made."""
        client = self.client(call)
        sent = {**self.body(call, inputs, {}), "metadata": {"terraform": {"resource_type": self.kind}}}
        try:
            ident = client.rest("POST", PATH, sent)["uuid"]
        except ControllerError as error:
            ident = self._left_over(call, sent) if error.status == 409 else ""
            if not ident:
                raise RefusedError(f"failed to create {self.called}: {error}") from None
        call.claim(ident)
        return ident, self.read(call, ident, inputs) or {}

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Put it whole."""
        self.client(call).rest("PUT", f"{PATH}/{ident}", {**self.body(call, inputs, state), "uuid": ident})
        return self.read(call, ident, inputs) or {}

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete it."""
        try:
            self.client(call).rest("DELETE", f"{PATH}/{ident}")
        except ControllerError as error:
            gone_is_fine(error)

    def _left_over(self, call: Call, sent: Props) -> str:
        """Return the uuid of an object of this name and content, empty when there is none of the name; other content is refused."""
        for each in self.client(call).rest("GET", PATH)["dcf_policies"]:
            if each["name"] == sent["name"] and ("policies" in each) == ("policies" in sent):
                if _content(each) != _content(sent):
                    raise RefusedError(
                        f"failed to create {self.called}: {sent['name']} exists on the Controller ({each['uuid']}) with other content. "
                        "Fix: choose another name, import it, or delete it there."
                    )
                return str(each["uuid"])
        return ""


class Ruleset(Placed):
    """`aviatrix_dcf_ruleset`: rules as a set, evaluated by priority."""

    type_name = "dcfRuleset"
    called = "DCF Ruleset"
    kind = "terraform-policy-list"
    inputs = frozenset({"name", "attachTo", "rules"})
    enriched = frozenset({"rules"})
    unless_set = {"attachTo": "", "rules": []}

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the rules' fields."""
        return rules.wrong("rules", inputs.get("rules"), release_of(call.config), priority=True)

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Compare rules by meaning, as a set."""
        if key == "rules" and isinstance(one, list) and isinstance(other, list):
            return _canonical(one) == _canonical(other)
        return super().same(key, one, other)

    def preview(self, call: Call, inputs: Props) -> Props:
        """Every rule's uuid is the Controller's to give."""
        return {"rules": with_unknown_uuids(inputs["rules"])} if "rules" in inputs else {}

    def body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the ruleset, rules by priority, each with the uuid it has."""
        uuids = rules.names_to_uuids(state.get("rules"))
        release = release_of(call.config)
        sent = sorted(
            (rules.to_wire(rule, uuids, release, LOG_START) for rule in inputs.get("rules") or []), key=lambda rule: rule["priority"]
        )
        if not state:
            sent = [{**rule, "metadata": {"terraform": {"resource_type": "terraform-policy"}}} for rule in sent]
        place = {"attach_to": inputs["attachTo"]} if inputs.get("attachTo") else {}
        return {"name": inputs["name"], "policies": sent, **place}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the ruleset, its rules by priority; one that is gone is an error (AVXERR-DFW-0025)."""
        try:
            told = self.client(call).rest("GET", f"{PATH}/{ident}")
        except ControllerError as error:
            raise RefusedError(f"failed to read DCF Ruleset: {error}. Fix: take it out of the state (`state delete`).") from None
        live = [rules.from_wire(rule) for rule in told["policies"] if not rule.get("system_resource")]
        return self.identified(ident, name=told["name"], rules=sorted(live, key=lambda rule: (rule["priority"], rule["name"])))

    def as_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live rules in the shape that was given."""
        return rules.as_given(given, live, LOG_START) if key == "rules" else live


class PolicyGroup(Placed):
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

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Compare children as sets; a point's uuids are not the program's."""
        if key == "attachmentPoints" and isinstance(one, list) and isinstance(other, list):
            one, other = ([{name: each.get(name) for name in ("name", "priority")} for each in points] for points in (one, other))
        return super().same(key, one, other)

    def preview(self, call: Call, inputs: Props) -> Props:
        """The points' uuids are the Controller's to give."""
        given = inputs.get("attachmentPoints")
        if not isinstance(given, list):
            return {}
        return {
            "attachmentPoints": [{**each, "uuid": UNKNOWN, "targetUuid": UNKNOWN} if isinstance(each, dict) else each for each in given]
        }

    def body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the group; points are looked up by name first, as the real provider does."""
        children: list[Props] = []
        for key, kind in self.references.items():
            children += [{"name": "", kind: each["targetUuid"], "priority": each["priority"]} for each in inputs.get(key) or []]
        for each in inputs.get("attachmentPoints") or []:
            found = self.client(call).rest("GET", "microseg/attachment-points", name=each["name"])[0]["attachment_point_id"]
            children.append({"name": "", "attachment_point": {"name": each["name"], "uuid": found}, "priority": each["priority"]})
        if not children:
            raise RefusedError("invalid inputs for DCF Policy Group: it must contain a group, a ruleset or an attachment point")
        place = {"attach_to": inputs["attachTo"]} if inputs.get("attachTo") else {}
        return {"name": inputs["name"], "sub_policies": children, **place}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the group and its children."""
        told = self.client(call).rest("GET", f"{PATH}/{ident}")
        live: Props = {"attachmentPoints": [], "policyGroupReferences": [], "rulesetReferences": []}
        for child in told["sub_policies"]:
            if point := child.get("attachment_point"):
                point = {"name": point["name"], "uuid": point.get("uuid", ""), "targetUuid": point.get("target_uuid", "")}
                live["attachmentPoints"].append({**point, "priority": child["priority"]})
            for key, kind in self.references.items():
                if child.get(kind):
                    live[key].append({"targetUuid": child[kind], "priority": child["priority"]})
        place = {"attachTo": told["attach_to"]} if told.get("attach_to") else {}
        return self.identified(ident, name=told["name"], systemResource=bool(told.get("system_resource")), **place, **live)

    def as_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live value without what is not an input."""
        if key == "attachmentPoints":
            return [{"name": each["name"], "priority": each["priority"]} for each in live]
        return live


def _content(value: Any) -> Any:
    """Return what an object says, without what the Controller adds to it."""
    if isinstance(value, dict):
        left_out = ("uuid", "metadata")
        return {key: _content(item) for key, item in value.items() if key not in left_out and item not in (False, None, "", [])}
    return [_content(item) for item in value] if isinstance(value, list) else value


def _canonical(given: list[Any]) -> list[str]:
    return sorted(json.dumps(rules.meaning(rule, LOG_START), sort_keys=True) for rule in given)
