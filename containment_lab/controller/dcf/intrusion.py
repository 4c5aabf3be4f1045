"""Intrusion profiles, their rule feeds, and the Controller's default profile, which applies to every inspecting permit.

The built-in default only reports, so that a stack cannot rely on it; what the real one does is not documented.
"""

from __future__ import annotations

import uuid
from typing import Any

from containment_lab.controller.core import Call, Controller, Routes, change, read, require_found, serve_collection
from containment_lab.controller.errors import BAD_VALUE, RefusedError
from containment_lab.controller.store import Json

BUILT_IN = "defa11a1-0000-4000-8000-000000000000"
ACTIONS = ("alert", "alert_and_drop")
SEVERITIES = ("informational", "minor", "major", "critical")
DEFAULT: Json = {
    "uuid": BUILT_IN,
    "profile_name": "Default IPS Profile",
    "rule_feeds": {"custom_feeds_ids": [], "external_feeds_ids": ["suricata-rules"], "ignored_sids": []},
    "intrusion_actions": dict.fromkeys(SEVERITIES, ACTIONS[0]),
}


def _create(_controller: Controller, state: Json, call: Call) -> Any:
    key = str(uuid.uuid4())
    state["ips_profiles"][key] = _validate(state, call, key)
    return {"uuid": key, "profile_name": call.get_text("profile_name")}


def _update(_controller: Controller, state: Json, call: Call) -> Any:
    key = _find(state, call.parts[0])["uuid"]
    if key == BUILT_IN:
        raise RefusedError("the default IPS profile cannot be changed", 403)
    state["ips_profiles"][key] = _validate(state, call, key)
    return {}


def _get(_controller: Controller, state: Json, call: Call) -> Any:
    return dict(_find(state, call.parts[0]))


def _list_profiles(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"ips_profiles": [DEFAULT, *(dict(each) for each in state["ips_profiles"].values())]}


def _delete(_controller: Controller, state: Json, call: Call) -> Any:
    found = _find(state, call.parts[0])
    if found["uuid"] in (BUILT_IN, state["default_ips_profile"]):
        raise RefusedError(f"IPS profile {found['profile_name']} is the default profile", 409)
    del state["ips_profiles"][found["uuid"]]
    return {}


def _get_default(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"default_ips_profile": [state["default_ips_profile"]]}


def _set_default(_controller: Controller, state: Json, call: Call) -> Any:
    named = call.fields.get("default_ips_profile")
    if not isinstance(named, list) or len(named) != 1:
        raise RefusedError(f"[{BAD_VALUE}] default_ips_profile must have exactly one profile.")
    state["default_ips_profile"] = _find(state, str(named[0]))["uuid"]
    return {}


def _validate(state: Json, call: Call, key: str) -> Json:
    name, feeds, actions = call.get_text("profile_name"), call.fields.get("rule_feeds") or {}, call.fields.get("intrusion_actions") or {}
    if bad := sorted({*actions} - {*SEVERITIES} | {one for one, action in actions.items() if action not in ACTIONS}):
        raise RefusedError(f"[{BAD_VALUE}] intrusion_actions has {bad[0]!r} with a wrong name or action.")
    if any(each["profile_name"] == name and each["uuid"] != key for each in (DEFAULT, *state["ips_profiles"].values())):
        raise RefusedError(f"IPS profile {name} already exists", 409)
    known = {one: list(feeds.get(one) or []) for one in ("custom_feeds_ids", "external_feeds_ids", "ignored_sids")}
    return {"uuid": key, "profile_name": name, "rule_feeds": known, "intrusion_actions": dict(actions)}


def _find(state: Json, key: str) -> Json:
    return require_found(DEFAULT if key == BUILT_IN else state["ips_profiles"].get(key), f"IPS profile {key} not found")


ROUTES: Routes = [
    *serve_collection("dcf/ips-profiles", read(_list_profiles), change(_create), read(_get), change(_update), change(_delete)),
    ("GET", "dcf/default-ips-profile", read(_get_default)),
    ("PUT", "dcf/default-ips-profile", change(_set_default)),
]
