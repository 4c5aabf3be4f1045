"""The Controller's own settings: release, access account, feature switches, CoPilot, and the deployment scope of DCF."""

from __future__ import annotations

from typing import Any

from containment_lab.controller.core import Actions, Call, Controller, Routes
from containment_lab.controller.errors import BAD_FIELD, POLICIES_EXIST, RefusedError
from containment_lab.controller.store import Json


def _get_version(controller: Controller, _call: Call) -> Any:
    return {"current_version": controller.settings.version, "previous_version": "9.0.0"}


def _list_accounts(controller: Controller, _call: Call) -> Any:
    number = controller.settings.account_number
    account = {
        "account_name": controller.settings.account_name,
        "cloud_type": 1,
        "account_number": number,
        "aws_account_number": number,
        "aws_iam": "true",
        "aws_role_arn": f"arn:aws:iam::{number}:role/aviatrix-role-app",
        "aws_role_ec2": f"arn:aws:iam::{number}:role/aviatrix-role-ec2",
    }
    return {"account_list": [account]}


def _get_feature_name(state: Json, call: Call) -> str:
    name = call.get_text("feature")
    if name not in state["features"]:
        raise RefusedError(f"Invalid feature {name}. Valid features are: {', '.join(state['features'])}.")
    return name


def _enable(controller: Controller, call: Call) -> Any:
    with controller.store.change_state() as state:
        state["features"][_get_feature_name(state, call)] = True
    return "done"


def _disable(controller: Controller, call: Call) -> Any:
    with controller.store.change_state() as state:
        name = _get_feature_name(state, call)
        if name == "microseg" and (state["policy_list"] or state["rulesets"] or state["groups"]):
            raise RefusedError(f"[{POLICIES_EXIST}] Distributed Cloud Firewall cannot be disabled while policies exist.")
        state["features"][name] = False
        if name == "microseg":
            state["lookups"] = {}
    return "done"


def _get_feature(controller: Controller, call: Call) -> Any:
    with controller.store.read_state() as state:
        return {"feature": (name := _get_feature_name(state, call)), "enabled": state["features"][name]}


def _list_features(controller: Controller, _call: Call) -> Any:
    with controller.store.read_state() as state:
        return [{"feature": name, "enabled": on} for name, on in state["features"].items()]


def _associate(controller: Controller, call: Call) -> Any:
    address = call.get_text("copilot_ip")
    with controller.store.change_state() as state:
        state["copilot"] = {"ip": address, "public_ip": call.get_text("public_ip", address), "fqdn": call.get_text("copilot_fqdn", "")}
    return "CoPilot association enabled"


def _dissociate(controller: Controller, _call: Call) -> Any:
    with controller.store.change_state() as state:
        state["copilot"] = None
    return "CoPilot association disabled"


def _get_copilot_association(controller: Controller, _call: Call) -> Any:
    with controller.store.read_state() as state:
        return {"status": state["copilot"] is not None, **(state["copilot"] or {"ip": "", "public_ip": "", "fqdn": ""})}


def _get_deploy_policy(controller: Controller, _call: Call) -> Any:
    with controller.store.read_state() as state:
        return dict(state["deploy_policy"])


def _set_deploy_policy(controller: Controller, call: Call) -> Any:
    providers, defaults = call.fields.get("providers") or [], bool(call.fields.get("set_defaults"))
    if not providers and not defaults:
        raise RefusedError(f"[{BAD_FIELD}] providers must not be empty.")
    with controller.store.change_state() as state:
        state["deploy_policy"] = {"providers": providers or ["AWS"], "set_defaults": defaults}
    return {}


def _get_intra_vpc(controller: Controller, _call: Call) -> Any:
    with controller.store.read_state() as state:
        return {"vpcs": list(state["intra_vpc"])}


def _set_intra_vpc(controller: Controller, call: Call) -> Any:
    with controller.store.change_state() as state:
        state["intra_vpc"] = call.fields.get("vpcs") or []
    return {}


def _clear_intra_vpc(controller: Controller, _call: Call) -> Any:
    with controller.store.change_state() as state:
        state["intra_vpc"] = []
    return {}


ACTIONS: Actions = {
    "list_version_info": _get_version,
    "list_accounts": _list_accounts,
    "enable_controller_feature": _enable,
    "disable_controller_feature": _disable,
    "get_controller_feature": _get_feature,
    "get_all_controller_features": _list_features,
    "enable_copilot_association": _associate,
    "disable_copilot_association": _dissociate,
    "get_copilot_association_status": _get_copilot_association,
}
ROUTES: Routes = [
    ("GET", "microseg/deploy-policy", _get_deploy_policy),
    ("POST", "microseg/deploy-policy", _set_deploy_policy),
    ("GET", "microseg/intra-vpc", _get_intra_vpc),
    ("PUT", "microseg/intra-vpc", _set_intra_vpc),
    ("DELETE", "microseg/intra-vpc", _clear_intra_vpc),
]
