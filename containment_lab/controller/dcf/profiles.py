"""TLS profiles (certificate checks of a rule that decrypts or verifies the SNI) and the three fixed log profiles."""

from __future__ import annotations

import uuid
from typing import Any

from containment_lab.controller.core import Call, Controller, Routes, change, read, require_found, serve_collection
from containment_lab.controller.dcf.rules import DEFAULT_TLS_PROFILE, LOG_PROFILES
from containment_lab.controller.errors import BAD_VALUE, RefusedError
from containment_lab.controller.store import Json

VALIDATION = tuple(f"CERTIFICATE_VALIDATION_{level}" for level in ("NONE", "LOG_ONLY", "ENFORCE"))
DEFAULT: Json = {
    "uuid": DEFAULT_TLS_PROFILE,
    "display_name": "Default TLS Profile",
    "certificate_validation": VALIDATION[1],
    "verify_sni": False,
}
LOGS = {
    name: {"profile_name": name, "profile_id": key, "session_start": start, "session_end": end}
    for name, key, start, end in zip(("start", "end", "start+end"), LOG_PROFILES, (True, False, True), (False, True, True), strict=True)
}


def _create(_controller: Controller, state: Json, call: Call) -> Any:
    key = str(uuid.uuid4())
    state["tls_profiles"][key] = _validate_profile(state, call, key)
    return {"uuid": key}


def _update(_controller: Controller, state: Json, call: Call) -> Any:
    key = _find(state, call.parts[0])["uuid"]
    state["tls_profiles"][key] = _validate_profile(state, call, key)
    return {}


def _get(_controller: Controller, state: Json, call: Call) -> Any:
    return dict(DEFAULT if call.parts[0] == DEFAULT_TLS_PROFILE else _find(state, call.parts[0]))


def _list_profiles(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"profiles": [DEFAULT, *(dict(each) for each in state["tls_profiles"].values())]}


def _delete(_controller: Controller, state: Json, call: Call) -> Any:
    key = _find(state, call.parts[0])["uuid"]
    every = [*state["policy_list"], *(rule for each in state["rulesets"].values() for rule in each["policies"])]
    if used := [rule["name"] for rule in every if rule.get("tls_profile") == key]:
        raise RefusedError(f"TLS profile {state['tls_profiles'][key]['display_name']} is still used by rule {used[0]}", 409)
    del state["tls_profiles"][key]
    return {}


def _validate_profile(state: Json, call: Call, key: str) -> Json:
    name, validation = call.get_text("display_name"), call.get_text("certificate_validation")
    if validation not in VALIDATION:
        raise RefusedError(f"[{BAD_VALUE}] certificate_validation {validation!r} is none of {', '.join(VALIDATION)}.")
    if any(each["display_name"] == name and each["uuid"] != key for each in (DEFAULT, *state["tls_profiles"].values())):
        raise RefusedError(f"TLS profile {name} already exists", 409)
    kept: Json = {
        "uuid": key,
        "display_name": name,
        "certificate_validation": validation,
        "verify_sni": bool(call.fields.get("verify_sni")),
    }
    bundle = call.get_text("CA_bundle_id", "")
    return {**kept, "CA_bundle_id": bundle} if bundle else kept


def _find(state: Json, key: str) -> Json:
    return require_found(state["tls_profiles"].get(key), f"TLS profile {key} not found")


def _get_log_profile(_controller: Controller, call: Call) -> Any:
    name = call.get_text("profile_name")
    return require_found(LOGS.get(name), f"Log profile {name} not found")


ROUTES: Routes = [
    *serve_collection("dcf/tls-profile", read(_list_profiles), change(_create), read(_get), change(_update), change(_delete)),
    ("GET", "dcf/log-profile", _get_log_profile),
]
