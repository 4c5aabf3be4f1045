"""Conversion of a DCF rule between Pulumi and the API; shared by the policy list and by rulesets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from containment_lab.providers.handler import Props, RefusedError
from containment_lab.wire import UNKNOWN

ACTIONS = ("DENY", "PERMIT", "DEEP_PACKET_INSPECTION_PERMIT", "INTRUSION_DETECTION_PERMIT")
PROTOCOLS = ("TCP", "UDP", "ICMP", "ANY")
CHOICES = {
    "flowAppRequirement": ("APP_UNSPECIFIED", "TLS_REQUIRED", "NOT_TLS_REQUIRED"),
    "decryptPolicy": ("DECRYPT_UNSPECIFIED", "DECRYPT_ALLOWED", "DECRYPT_NOT_ALLOWED"),
    "enforcement": ("ENFORCE", "MONITOR", "DISABLE"),
    "egressPath": ("EGRESS_PATH_DEFAULT", "EGRESS_PATH_LOCAL"),
}
LOG_PROFILES = tuple(f"def000ad-7000-0000-0000-00000000000{digit}" for digit in (1, 2, 3))
MOST_PORT_RANGES = 64
NEW_IN_10_1 = ("enforcement", "egressPath")
WIRE = {
    "name": "name",
    "action": "action",
    "logging": "logging",
    "priority": "priority",
    "flowAppRequirement": "flow_app_requirement",
    "decryptPolicy": "decrypt_policy",
    "excludeSgOrchestration": "exclude_sg_orchestration",
    "tlsProfile": "tls_profile",
    "logProfile": "log_profile",
    "watch": "watch",
    "enforcement": "enforcement",
    "egressPath": "egress_path",
    "uuid": "uuid",
}
GROUPS = {"srcSmartGroups": "src_ads", "dstSmartGroups": "dst_ads", "webGroups": "web_filters"}
FIELDS = frozenset({*WIRE, *GROUPS, "protocol", "portRanges"})
REQUIRED = ("action", "dstSmartGroups", "name", "protocol", "srcSmartGroups")
UNLESS_SET: Props = {
    "priority": 0,
    "logging": False,
    "watch": False,
    "excludeSgOrchestration": False,
    "flowAppRequirement": "APP_UNSPECIFIED",
    "decryptPolicy": "DECRYPT_UNSPECIFIED",
    "tlsProfile": "",
    "logProfile": "",
    "webGroups": [],
    "portRanges": [],
}
ALWAYS_SENT = ("name", "action", "priority", "flow_app_requirement", "decrypt_policy", "src_ads", "dst_ads")


def find_problems(where: str, rules: Any, release: tuple[int, ...], *, priority: bool) -> Iterable[tuple[str, str]]:
    """Return the failures of the provider's plan-time validation, as (property path, reason); unknowns pass.

    Args:
        where: The property path of the rules.
        rules: The rules.
        release: The provider release in force.
        priority: Whether a rule needs a priority.
    """
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, dict):
            continue
        here = f"{where}[{index}]"
        for key in REQUIRED + (("priority",) if priority else ()):
            if rule.get(key) is None:
                yield f"{here}.{key}", f"missing required property {key!r}"
        for key, value in rule.items():
            if value is not None and value != UNKNOWN and (why := _find_problem(key, value, release)):
                yield f"{here}.{key}", why
        if rule.get("watch") is not None and rule.get("enforcement") is not None:
            yield f"{here}.enforcement", "watch and enforcement cannot both be set"


def _find_problem(key: str, value: Any, release: tuple[int, ...]) -> str:
    if key not in FIELDS:
        return f"Invalid or unknown key {key!r}"
    if key == "action":
        return _check_choice(key, value, ACTIONS[:2] + ACTIONS[3:] if release >= (10,) else ACTIONS)
    if key == "protocol":
        return _check_choice(key, str(value).upper(), PROTOCOLS)
    if key in CHOICES:
        return _check_choice(key, value, CHOICES[key])
    if key == "logProfile" and value:
        return _check_choice(key, value, LOG_PROFILES)
    if key == "portRanges" and isinstance(value, list):
        if len(value) > MOST_PORT_RANGES:
            return f"Too many list items: at most {MOST_PORT_RANGES} port ranges, got {len(value)}"
        bounds = [bound for each in value if isinstance(each, dict) for bound in (each.get("lo"), each.get("hi"))]
        if any(isinstance(bound, int | float) and bound < 0 for bound in bounds):
            return "expected port bounds to be at least 0"
        if any(isinstance(each, dict) and each.get("lo") is None for each in value):
            return "missing required property 'lo'"
    return ""


def _check_choice(key: str, value: Any, allowed: tuple[str, ...]) -> str:
    return "" if value in allowed else f"expected {key} to be one of {list(allowed)}, got {value}"


def encode_rule(rule: Props, uuids: dict[str, str], release: tuple[int, ...], log_profile: str = "") -> Props:
    """Return a rule in the API's form; empty and false fields are left out, as in the provider.

    Args:
        rule: The rule.
        uuids: The present uuid of each rule, by name.
        release: The provider release in force.
        log_profile: The log profile of a rule that sets none.

    Raises:
        RefusedError: ICMP with ports, which the real provider finds only at apply, or a field newer than the release; a preview accepts
        such a field, so that a policy pack can evaluate it.
    """
    newer = [key for key in NEW_IN_10_1 if rule.get(key) is not None]
    if newer and release and release < (10, 1):
        raise RefusedError(
            f"rule {rule['name']}: {', '.join(newer)} came with provider release 10.1, this is {'.'.join(map(str, release))}"
        )
    protocol = str(rule["protocol"]).upper()
    if protocol == "ICMP" and rule.get("portRanges"):
        raise RefusedError(f'rule {rule["name"]}: "port_ranges" must not be set when "protocol" is "ICMP"')
    full = {**UNLESS_SET, "logProfile": log_profile, **{key: value for key, value in rule.items() if value is not None}}
    out = {wire: full[key] for key, wire in WIRE.items() if key in full} | {wire: list(full[key]) for key, wire in GROUPS.items()}
    out["protocol"] = "PROTOCOL_UNSPECIFIED" if protocol == "ANY" else protocol
    out["port_ranges"] = [{key: each[key] for key in ("lo", "hi") if each.get(key)} | {"lo": each["lo"]} for each in full["portRanges"]]
    if rule["name"] in uuids:
        out["uuid"] = uuids[rule["name"]]
    return {key: value for key, value in out.items() if key in ALWAYS_SENT or value not in ("", [], False, None)}


def decode_rule(told: Props) -> Props:
    """Return a rule in the form of Pulumi's outputs, every field present."""
    out = {key: told.get(wire, UNLESS_SET.get(key, "")) for key, wire in WIRE.items() if key not in NEW_IN_10_1 or wire in told}
    out |= {key: list(told.get(wire) or []) for key, wire in GROUPS.items()}
    protocol = told.get("protocol", "")
    out["protocol"] = "ANY" if protocol == "PROTOCOL_UNSPECIFIED" else protocol
    out["portRanges"] = [{"hi": each.get("hi", 0), "lo": each["lo"]} for each in told.get("port_ranges") or []]
    if "enforcement" in told:
        out["watch"] = told["enforcement"] == "MONITOR"
    return out


def normalize_rule(rule: Any, log_profile: str = "") -> Any:
    """Return a canonical form, equal for rules of equal meaning: defaults filled in, sets sorted, uuid left out."""
    if not isinstance(rule, dict):
        return rule
    full = {**UNLESS_SET, "logProfile": log_profile, **{key: value for key, value in rule.items() if value is not None and key != "uuid"}}
    for key in GROUPS:
        if isinstance(full.get(key), list):
            full[key] = sorted(map(str, full[key]))
    full["protocol"] = str(full.get("protocol", "")).upper()
    full["enforcement"] = full.get("enforcement") or ("MONITOR" if full["watch"] is True else "ENFORCE")
    full["watch"] = full["enforcement"] == "MONITOR"
    full.setdefault("egressPath", "EGRESS_PATH_DEFAULT")
    if isinstance(full["portRanges"], list):
        full["portRanges"] = [_get_bounds(each) for each in full["portRanges"]]
    return full


def convert_to_inputs(given: Any, live: list[Props], log_profile: str = "") -> list[Props]:
    """Return live rules as inputs: the given fields, and those that differ from their default."""
    by_name = {rule["name"]: rule for rule in given if isinstance(rule, dict) and "name" in rule} if isinstance(given, list) else {}
    standard = normalize_rule({}, log_profile)
    out = []
    for rule in live:
        own = by_name.get(rule["name"], {})
        full = normalize_rule(rule, log_profile)
        strayed = {key: value for key, value in rule.items() if key in standard and key not in own and full[key] != standard[key]}
        kept = {
            key: rule[key] if full.get(key) != normalize_rule(own, log_profile).get(key) else value
            for key, value in own.items()
            if key in rule
        }
        out.append({**strayed, **kept})
    return out


def map_uuids(state: Any) -> dict[str, str]:
    """Map the name of each rule in a state to its uuid: an update sends it, so that the rule keeps it."""
    return {rule["name"]: rule["uuid"] for rule in state if isinstance(rule, dict) and rule.get("uuid")} if isinstance(state, list) else {}


def _get_bounds(each: Any) -> Any:
    return (each.get("lo"), each.get("hi") or each.get("lo")) if isinstance(each, dict) else each
