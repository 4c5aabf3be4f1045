"""The Controller-wide policy: the one policy list (V1) and the default action behind everything.

The list is written blindly and as a whole by whoever writes last; its order is kept as sent. Both outlive nothing but
DCF itself: the feature cannot be turned off while rules are there.
"""

from __future__ import annotations

from typing import Any

from containment.lab.controller import rules
from containment.lab.controller.core import Call, Controller, Routes
from containment.lab.controller.errors import BAD_VALUE, RefusedError


def _put_list(controller: Controller, call: Call) -> Any:
    with controller.store.changing() as state:
        rules.require_enabled(state)
        state["policy_list"] = rules.accept(state, call.fields.get("policies"), state["policy_list"], controller.settings.release)
    return {}


def _get_list(controller: Controller, _call: Call) -> Any:
    with controller.store.reading() as state:
        return {"policies": [rules.told(rule) for rule in state["policy_list"]]}


def _delete_list(controller: Controller, _call: Call) -> Any:
    with controller.store.changing() as state:
        state["policy_list"] = []
    return {}


def _put_default(controller: Controller, call: Call) -> Any:
    action, profile = call.text("action"), call.text("log_profile", "")
    if action not in ("PERMIT", "DENY"):
        raise RefusedError(f"[{BAD_VALUE}] the default action is PERMIT or DENY, not {action!r}.")
    if profile and profile not in rules.LOG_PROFILES:
        raise RefusedError(f"[{BAD_VALUE}] there is no log profile {profile}.")
    with controller.store.changing() as state:
        wanted = {"action": action, "logging": bool(call.fields.get("logging")), "log_profile": profile}
        if action == "DENY":
            rules.require_enabled(state)
        state["default_action"] = wanted
    return {}


def _get_default(controller: Controller, _call: Call) -> Any:
    with controller.store.reading() as state:
        return dict(state["default_action"])


ROUTES: Routes = [
    ("GET", "microseg/policy-list", _get_list),
    ("PUT", "microseg/policy-list", _put_list),
    ("DELETE", "microseg/policy-list", _delete_list),
    ("GET", "microseg/default-action-policy", _get_default),
    ("PUT", "microseg/default-action-policy", _put_default),
]
