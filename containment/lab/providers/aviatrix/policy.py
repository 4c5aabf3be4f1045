"""The Controller-wide policy list and default action: written blindly, and never deleted without opening up.

Creating the list overwrites whatever list is there, as the real provider does; destroying the default action sets it to
PERMIT. Both have the Controller's address as id.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from containment.lab.providers.aviatrix import rules
from containment.lab.providers.aviatrix.resource import AviatrixResource, release_of
from containment.lab.providers.handler import Call, Props
from containment.lab.wire import UNKNOWN

LIST = "microseg/policy-list"
DEFAULT = "microseg/default-action-policy"


class PolicyList(AviatrixResource):
    """`aviatrix_distributed_firewalling_policy_list`: rules in the order given."""

    type_name = "distributedFirewallingPolicyList"
    inputs = frozenset({"policies"})
    required = frozenset({"policies"})
    enriched = frozenset({"policies"})

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the rules' fields."""
        return rules.wrong("policies", inputs.get("policies"), release_of(call.config), priority=False)

    def same(self, key: str, one: Any, other: Any) -> bool:
        """Compare rules by meaning, in order."""
        if key == "policies" and isinstance(one, list) and isinstance(other, list):
            return [rules.meaning(rule) for rule in one] == [rules.meaning(rule) for rule in other]
        return super().same(key, one, other)

    def preview(self, call: Call, inputs: Props) -> Props:
        """Every rule's uuid is the Controller's to give."""
        return {"policies": with_unknown_uuids(inputs.get("policies"))}

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Write the whole list over whatever is there."""
        ident = self.client(call).singleton
        call.claim(ident)
        return ident, self._write(call, inputs, {})

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the list; an empty one reads as gone."""
        told = [rule for rule in self.client(call).rest("GET", LIST)["policies"] if not rule.get("system_resource")]
        return self.identified(ident, policies=[rules.from_wire(rule) for rule in told]) if told else None

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Write the whole list, each rule with the uuid it has."""
        return self._write(call, inputs, rules.names_to_uuids(state.get("policies")))

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete the whole list."""
        self.client(call).rest("DELETE", LIST)

    def as_input(self, key: str, given: Any, live: Any) -> Any:
        """Return the live list in the shape that was given."""
        return rules.as_given(given, live)

    def _write(self, call: Call, inputs: Props, uuids: dict[str, str]) -> Props:
        client = self.client(call)
        client.rest("PUT", LIST, {"policies": [rules.to_wire(rule, uuids, release_of(call.config)) for rule in inputs["policies"]]})
        return self.read(call, client.singleton, {}) or self.identified(client.singleton, policies=[])


class DefaultAction(AviatrixResource):
    """`aviatrix_distributed_firewalling_default_action_rule`: what happens to a flow that no rule matched."""

    type_name = "distributedFirewallingDefaultActionRule"
    inputs = frozenset({"action", "logging", "logProfile"})
    required = frozenset({"action", "logging"})
    unless_set = {"logProfile": ""}
    since = (8, 1, 0)

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the action."""
        if inputs.get("action", "DENY") not in ("PERMIT", "DENY"):
            yield "action", f"expected action to be one of ['PERMIT', 'DENY'], got {inputs['action']}"

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Set it."""
        ident = self.client(call).singleton
        call.claim(ident)
        return ident, self.update(call, ident, {}, inputs)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return what it is now."""
        told = self.client(call).rest("GET", DEFAULT)
        profile = {"logProfile": told["log_profile"]} if told.get("log_profile") else {}
        return self.identified(ident, action=told["action"], logging=told["logging"], **profile)

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Set it."""
        body = {"action": inputs["action"], "logging": inputs["logging"], "log_profile": inputs.get("logProfile") or ""}
        self.client(call).rest("PUT", DEFAULT, body)
        return self.read(call, ident, {}) or {}

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Permit everything, unlogged: there is no such thing as no default action."""
        self.client(call).rest("PUT", DEFAULT, {"action": "PERMIT", "logging": False, "log_profile": ""})


def with_unknown_uuids(given: Any) -> Any:
    """Return rules as a preview shows them."""
    return [{**rule, "uuid": UNKNOWN} if isinstance(rule, dict) else rule for rule in given] if isinstance(given, list) else given
