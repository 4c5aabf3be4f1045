"""Intrusion profiles and the Controller's default profile; deletion of the default restores the built-in one.

The bridge makes a single value of a block or a set that has at most one element: `ruleFeeds` and `defaultIpsProfile`.
"""

# ruff: noqa: ARG002 - methods have the base's signature

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from containment_lab.providers.aviatrix.resource import AviatrixResource, RestResource, find_same
from containment_lab.providers.handler import Call, Props
from containment_lab.wire import UNKNOWN

DEFAULT = "dcf/default-ips-profile"
BUILT_IN = "defa11a1-0000-4000-8000-000000000000"
SINGLETON = "dcf_default_ips_profile"
ACTIONS = ("alert", "alert_and_drop")
SEVERITIES = ("informational", "minor", "major", "critical")
FEEDS = {"customFeedsIds": "custom_feeds_ids", "externalFeedsIds": "external_feeds_ids", "ignoredSids": "ignored_sids"}


class IpsProfile(RestResource):
    """`aviatrix_dcf_ips_profile`; a profile left by a killed run (same name and content) is adopted."""

    type_name = "dcfIpsProfile"
    called = "IPS profile"
    path = "dcf/ips-profiles"
    inputs = required = frozenset({"profileName", "ruleFeeds", "intrusionActions"})
    computed = frozenset({"uuid"})
    since = (9, 0, 0)

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check severities, actions and the feeds."""
        actions = inputs.get("intrusionActions")
        for severity, action in actions.items() if isinstance(actions, dict) else ():
            if severity not in SEVERITIES:
                yield "intrusionActions", f"invalid key for intrusion_actions: '{severity}'. Allowed keys are: {', '.join(SEVERITIES)}"
            elif action not in (*ACTIONS, UNKNOWN):
                yield "intrusionActions", f"expected intrusion_actions to be one of {list(ACTIONS)}, got {action}"
        feeds = inputs.get("ruleFeeds")
        if isinstance(feeds, dict):
            yield from (("ruleFeeds", f"missing required property '{key}'") for key in FEEDS if key not in feeds)

    def is_same(self, key: str, one: Any, other: Any) -> bool:
        """Compare the feeds as sets."""
        if key == "ruleFeeds" and isinstance(one, dict) and isinstance(other, dict):
            return all(sorted(map(str, one.get(name) or [])) == sorted(map(str, other.get(name) or [])) for name in FEEDS)
        return super().is_same(key, one, other)

    def find_leftover(self, call: Call, body: Props) -> str:
        """Return the id of the profile with this name and content."""
        listed = self.get_client(call).call_rest("GET", self.path)["ips_profiles"]
        return find_same(listed, "profile_name", body)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the profile; None for a missing one."""
        told = self.find_object(call, ident)
        if told is None:
            return None
        feeds = {key: told["rule_feeds"][field] for key, field in FEEDS.items()}
        return self.add_id(ident, uuid=ident, profileName=told["profile_name"], ruleFeeds=feeds, intrusionActions=told["intrusion_actions"])

    def build_body(self, call: Call, inputs: Props, state: Props) -> Props:
        """Return the profile in the API's form."""
        feeds = {field: sorted(inputs["ruleFeeds"].get(key) or []) for key, field in FEEDS.items()}
        return {"profile_name": inputs["profileName"], "rule_feeds": feeds, "intrusion_actions": dict(inputs["intrusionActions"])}


class DefaultIpsProfile(AviatrixResource):
    """`aviatrix_dcf_default_ips_profile`: the profile of every inspecting permit of the Controller."""

    type_name = "dcfDefaultIpsProfile"
    inputs = required = frozenset({"defaultIpsProfile"})
    since = (9, 0, 0)

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Set the default profile, without a look at the one that was set."""
        call.claim(SINGLETON)
        return SINGLETON, self.update(call, SINGLETON, {}, inputs)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the default profile."""
        named = self.get_client(call).call_rest("GET", DEFAULT)["default_ips_profile"]
        return self.add_id(ident, defaultIpsProfile=named[0]) if named else None

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Set the default profile."""
        self.get_client(call).call_rest("PUT", DEFAULT, {"default_ips_profile": [inputs["defaultIpsProfile"]]})
        return self.add_id(ident)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Restore the built-in profile."""
        self.get_client(call).call_rest("PUT", DEFAULT, {"default_ips_profile": [BUILT_IN]})
