"""The Controller-wide policy: the one policy list (V1) and the default action after all rules.

Each write replaces the whole list, so the last writer wins; rules keep the order in which they are sent. DCF cannot be
turned off while rules exist.
"""

from __future__ import annotations

from typing import Any

from containment_lab.controller.core import Call, Controller, Routes, change, read
from containment_lab.controller.dcf import rules
from containment_lab.controller.errors import BAD_VALUE, RefusedError
from containment_lab.controller.releases import refuse_decryption_with_snat
from containment_lab.controller.store import Json


def _put_list(controller: Controller, state: Json, call: Call) -> Any:
    rules.require_enabled(state)
    state["policy_list"] = rules.accept(state, call.fields.get("policies"), state["policy_list"], controller.settings.release)
    refuse_decryption_with_snat(controller, state)
    return {}


def _get_list(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"policies": [rules.render_rule(rule) for rule in state["policy_list"]]}


def _delete_list(_controller: Controller, state: Json, _call: Call) -> Any:
    state["policy_list"] = []
    return {}


def _put_default(_controller: Controller, state: Json, call: Call) -> Any:
    action, profile = call.get_text("action"), call.get_text("log_profile", "")
    if action not in ("PERMIT", "DENY"):
        raise RefusedError(f"[{BAD_VALUE}] the default action is PERMIT or DENY, not {action!r}.")
    if profile and profile not in rules.LOG_PROFILES:
        raise RefusedError(f"[{BAD_VALUE}] there is no log profile {profile}.")
    wanted = {"action": action, "logging": bool(call.fields.get("logging")), "log_profile": profile}
    if action == "DENY":
        rules.require_enabled(state)
    state["default_action"] = wanted
    return {}


def _get_default(_controller: Controller, state: Json, _call: Call) -> Any:
    return dict(state["default_action"])


ROUTES: Routes = [
    ("GET", "microseg/policy-list", read(_get_list)),
    ("PUT", "microseg/policy-list", change(_put_list)),
    ("DELETE", "microseg/policy-list", change(_delete_list)),
    ("GET", "microseg/default-action-policy", read(_get_default)),
    ("PUT", "microseg/default-action-policy", change(_put_default)),
]
