"""The Controller-wide policy: the one policy list (V1) and the default action after all rules.

Each write replaces the whole list, so the last writer wins; rules keep the order in which they are sent. DCF cannot be
turned off while rules exist.
"""

from __future__ import annotations

from typing import Any

from containment_lab.controller.core import Call, Controller, Routes
from containment_lab.controller.dcf import rules
from containment_lab.controller.errors import BAD_VALUE, RefusedError
from containment_lab.controller.releases import refuse_decryption_with_snat


def _put_list(controller: Controller, call: Call) -> Any:
    with controller.store.change_state() as state:
        rules.require_enabled(state)
        state["policy_list"] = rules.accept(state, call.fields.get("policies"), state["policy_list"], controller.settings.release)
        refuse_decryption_with_snat(controller, state)
    return {}


def _get_list(controller: Controller, _call: Call) -> Any:
    with controller.store.read_state() as state:
        return {"policies": [rules.render_rule(rule) for rule in state["policy_list"]]}


def _delete_list(controller: Controller, _call: Call) -> Any:
    with controller.store.change_state() as state:
        state["policy_list"] = []
    return {}


def _put_default(controller: Controller, call: Call) -> Any:
    action, profile = call.get_text("action"), call.get_text("log_profile", "")
    if action not in ("PERMIT", "DENY"):
        raise RefusedError(f"[{BAD_VALUE}] the default action is PERMIT or DENY, not {action!r}.")
    if profile and profile not in rules.LOG_PROFILES:
        raise RefusedError(f"[{BAD_VALUE}] there is no log profile {profile}.")
    with controller.store.change_state() as state:
        wanted = {"action": action, "logging": bool(call.fields.get("logging")), "log_profile": profile}
        if action == "DENY":
            rules.require_enabled(state)
        state["default_action"] = wanted
    return {}


def _get_default(controller: Controller, _call: Call) -> Any:
    with controller.store.read_state() as state:
        return dict(state["default_action"])


ROUTES: Routes = [
    ("GET", "microseg/policy-list", _get_list),
    ("PUT", "microseg/policy-list", _put_list),
    ("DELETE", "microseg/policy-list", _delete_list),
    ("GET", "microseg/default-action-policy", _get_default),
    ("PUT", "microseg/default-action-policy", _put_default),
]
