"""Validation and storage of DCF rules; shared by the policy list and by rulesets.

A rule is stored as sent, plus a uuid. It keeps its uuid as long as its name stays, whatever else changes (AVX-76197, as
fixed in 8.2.20 and 9.0.10): gateway logs contain only that uuid.
"""

from __future__ import annotations

import uuid
from typing import Any

from containment_lab.controller.dcf import domains
from containment_lab.controller.errors import BAD_FIELD, BAD_VALUE, RefusedError
from containment_lab.controller.store import Json

ACTIONS = ("PERMIT", "DENY", "INTRUSION_DETECTION_PERMIT", "DEEP_PACKET_INSPECTION_PERMIT")
PROTOCOLS = ("TCP", "UDP", "ICMP", "PROTOCOL_UNSPECIFIED")
FLOW_APPS = ("APP_UNSPECIFIED", "TLS_REQUIRED", "NOT_TLS_REQUIRED")
DECRYPTION = ("DECRYPT_UNSPECIFIED", "DECRYPT_ALLOWED", "DECRYPT_NOT_ALLOWED")
ENFORCEMENT = ("ENFORCE", "MONITOR", "DISABLE")
EGRESS_PATHS = ("EGRESS_PATH_DEFAULT", "EGRESS_PATH_LOCAL")
LOG_PROFILES = tuple(f"def000ad-7000-0000-0000-00000000000{digit}" for digit in (1, 2, 3))
DEFAULT_TLS_PROFILE = "def000ad-6000-0000-0000-000000000001"
MOST_PORT_RANGES = 64
NEW_IN_10_1 = ("enforcement", "egress_path")


def require_enabled(state: Json) -> None:
    """Refuse a policy write while Distributed Cloud Firewall is off."""
    if not state["features"]["microseg"]:
        raise RefusedError("Distributed Cloud Firewall is not enabled on this Controller.")


def accept(state: Json, sent: Any, before: list[Json], release: tuple[int, int, int]) -> list[Json]:
    """Return the rules to store for the rules sent, in the same order, each with its uuid.

    Empty entries are dropped: provider 9.0.10 adds some to a ruleset's update (AVX-80735), and they match nothing.

    Args:
        state: The Controller's state.
        sent: The `policies` of the request.
        before: The rules stored so far, for their uuids.
        release: The Controller's release.

    Raises:
        RefusedError: A rule is invalid; the text names it.
    """
    if not isinstance(sent, list) or not all(isinstance(rule, dict) for rule in sent):
        raise RefusedError(f"[{BAD_FIELD}] policies must be a list of rules.")
    kept = []
    free = {rule["uuid"]: rule["name"] for rule in before}
    for rule in (each for each in sent if not _is_empty_entry(each)):
        _check(state, rule, release)
        mine = rule.get("uuid")
        if mine not in free:
            mine = next((key for key, name in free.items() if name == rule["name"]), str(uuid.uuid4()))
        free.pop(mine, None)
        kept.append({**rule, "uuid": mine})
    return kept


def render_rule(rule: Json) -> Json:
    """Return a rule as the API returns it: with `enforcement` for 10.1 callers (which send `egress_path`), else with `watch`."""
    if any(key in rule for key in NEW_IN_10_1):
        watch = rule.get("watch", False)
        enforcement = rule.get("enforcement") or ("MONITOR" if watch else "ENFORCE")
        return {**{key: value for key, value in rule.items() if key != "watch"}, "enforcement": enforcement}
    return {"watch": False, **rule}


def _is_empty_entry(rule: Json) -> bool:
    return not any(rule.get(key) for key in ("name", "action", "src_ads", "dst_ads"))


def _check(state: Json, rule: Json, release: tuple[int, int, int]) -> None:
    name = rule.get("name")
    if not isinstance(name, str) or not name:
        raise RefusedError(f"[{BAD_FIELD}] a rule has no name: {rule}.")
    _check_enum(name, "action", rule.get("action"), ACTIONS)
    _check_enum(name, "protocol", rule.get("protocol"), PROTOCOLS)
    optional: dict[str, tuple[str, ...]] = {"flow_app_requirement": FLOW_APPS, "decrypt_policy": DECRYPTION, "log_profile": LOG_PROFILES}
    optional |= {"enforcement": ENFORCEMENT, "egress_path": EGRESS_PATHS}
    for key, allowed in optional.items():
        if rule.get(key):
            if key in NEW_IN_10_1 and release < (10, 1, 0):
                raise RefusedError(f"[{BAD_FIELD}] rule {name}: {key} is not known to this release.")
            _check_enum(name, key, rule[key], allowed)
    if rule.get("action") == "DEEP_PACKET_INSPECTION_PERMIT" and release >= (10, 0, 0) and release != (99, 0, 0):
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: action DEEP_PACKET_INSPECTION_PERMIT was removed in 10.0.")
    if not isinstance(rule.get("priority"), int) or isinstance(rule["priority"], bool) or rule["priority"] < 0:
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: priority must be a whole number from 0, got {rule.get('priority')!r}.")
    _check_ports(name, rule)
    _check_groups(state, name, rule)
    profile = rule.get("tls_profile")
    if profile and profile != DEFAULT_TLS_PROFILE and profile not in state["tls_profiles"]:
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: there is no TLS profile {profile}.")


def _check_enum(name: str, key: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: {key} {value!r} is none of {', '.join(allowed)}.")


def _check_ports(name: str, rule: Json) -> None:
    ranges = rule.get("port_ranges") or []
    if ranges and rule["protocol"] == "ICMP":
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: ICMP has no ports.")
    if len(ranges) > MOST_PORT_RANGES:
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: more than {MOST_PORT_RANGES} port ranges.")
    for each in ranges:
        low, high = each.get("lo"), each.get("hi") or each.get("lo")
        if not (isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= 65535):
            raise RefusedError(f"[{BAD_VALUE}] rule {name}: port range {each} is not within 0-65535, low to high.")


def _check_groups(state: Json, name: str, rule: Json) -> None:
    for key, web in (("src_ads", False), ("dst_ads", False), ("web_filters", True)):
        groups = rule.get(key) or []
        if not isinstance(groups, list):
            raise RefusedError(f"[{BAD_FIELD}] rule {name}: {key} is not a list.")
        if not groups and not web:
            raise RefusedError(f"[{BAD_FIELD}] rule {name}: {key} not a list with at least one group.")
        for group in groups:
            try:
                found = domains.is_web(state, group)
            except RefusedError:
                raise RefusedError(f"[{BAD_VALUE}] rule {name}: {key} names {group}, which does not exist.") from None
            if found != web:
                raise RefusedError(f"[{BAD_VALUE}] rule {name}: {key} names {group}, which is a {'WebGroup' if found else 'SmartGroup'}.")
    if rule.get("web_filters") and rule["protocol"] == "ICMP":
        raise RefusedError(f"[{BAD_VALUE}] rule {name}: ICMP cannot have WebGroups.")
