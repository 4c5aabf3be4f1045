"""The Controller-wide policy list and default action: written blindly, and deleted only by opening the policy.

Creating the list overwrites the existing list, as the real provider does; destroying the default action sets it to PERMIT. The id of both
is the Controller's address.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from containment_lab.providers.aviatrix import rules
from containment_lab.providers.aviatrix.resource import SingletonResource, parse_release
from containment_lab.providers.handler import Call, Props
from containment_lab.wire import UNKNOWN

LIST = "microseg/policy-list"
DEFAULT = "microseg/default-action-policy"


class PolicyList(SingletonResource):
    """`aviatrix_distributed_firewalling_policy_list`: rules in the order given."""

    type_name = "distributedFirewallingPolicyList"
    inputs = frozenset({"policies"})
    required = frozenset({"policies"})
    enriched = frozenset({"policies"})

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the rules' fields."""
        return rules.find_problems("policies", inputs.get("policies"), parse_release(call.config), priority=False)

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare rules by meaning, in order."""
        if key == "policies" and isinstance(one, list) and isinstance(other, list):
            return [rules.normalize_rule(rule) for rule in one] == [rules.normalize_rule(rule) for rule in other]
        return super().is_same(key, one, other)

    def compute_preview(self, call: Call, inputs: Props) -> Props:
        """Mark every rule's uuid as unknown: the Controller assigns it."""
        return {"policies": hide_uuids(inputs.get("policies"))}

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the list; an empty one counts as missing."""
        told = [rule for rule in self.get_client(call).call_rest("GET", LIST)["policies"] if not rule.get("system_resource")]
        return self.add_id(ident, policies=[rules.decode_rule(rule) for rule in told]) if told else None

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Write the whole list over the existing one, each rule with its present uuid."""
        uuids, release = rules.map_uuids(state.get("policies")), parse_release(call.config)
        self.get_client(call).call_rest("PUT", LIST, {"policies": [rules.encode_rule(rule, uuids, release) for rule in inputs["policies"]]})
        return self.read(call, ident, {}) or self.add_id(ident, policies=[])

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete the whole list."""
        self.get_client(call).call_rest("DELETE", LIST)

    def convert_to_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live list in the shape of the given one."""
        return rules.convert_to_inputs(given, live)


class DefaultAction(SingletonResource):
    """`aviatrix_distributed_firewalling_default_action_rule`: the action for a flow that no rule matches."""

    type_name = "distributedFirewallingDefaultActionRule"
    inputs = frozenset({"action", "logging", "logProfile"})
    required = frozenset({"action", "logging"})
    unless_set = {"logProfile": ""}
    since = (8, 1, 0)

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the action."""
        if inputs.get("action", "DENY") not in ("PERMIT", "DENY"):
            yield "action", f"expected action to be one of ['PERMIT', 'DENY'], got {inputs['action']}"

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the present default action."""
        told = self.get_client(call).call_rest("GET", DEFAULT)
        profile = {"logProfile": told["log_profile"]} if told.get("log_profile") else {}
        return self.add_id(ident, action=told["action"], logging=told["logging"], **profile)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Set the default action."""
        body = {"action": inputs["action"], "logging": inputs["logging"], "log_profile": inputs.get("logProfile") or ""}
        self.get_client(call).call_rest("PUT", DEFAULT, body)
        return self.read(call, ident, {}) or {}

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Permit everything without a log: a Controller always has a default action."""
        self.get_client(call).call_rest("PUT", DEFAULT, {"action": "PERMIT", "logging": False, "log_profile": ""})


def hide_uuids(given: Any) -> Any:
    """Hide the uuids of rules, which are unknown in a preview."""
    return [{**rule, "uuid": UNKNOWN} if isinstance(rule, dict) else rule for rule in given] if isinstance(given, list) else given
