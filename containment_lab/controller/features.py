"""The Controller's own settings: release, access account, feature switches, CoPilot, and the deployment scope of DCF."""

from __future__ import annotations

from typing import Any

from containment_lab.controller.core import Actions, Call, Controller, Routes, change, read
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


def _enable(_controller: Controller, state: Json, call: Call) -> Any:
    state["features"][_get_feature_name(state, call)] = True
    return "done"


def _disable(_controller: Controller, state: Json, call: Call) -> Any:
    name = _get_feature_name(state, call)
    if name == "microseg" and (state["policy_list"] or state["rulesets"] or state["groups"]):
        raise RefusedError(f"[{POLICIES_EXIST}] Distributed Cloud Firewall cannot be disabled while policies exist.")
    state["features"][name] = False
    if name == "microseg":
        state["lookups"] = {}
    return "done"


def _get_feature(_controller: Controller, state: Json, call: Call) -> Any:
    return {"feature": (name := _get_feature_name(state, call)), "enabled": state["features"][name]}


def _list_features(_controller: Controller, state: Json, _call: Call) -> Any:
    return [{"feature": name, "enabled": on} for name, on in state["features"].items()]


def _associate(_controller: Controller, state: Json, call: Call) -> Any:
    address = call.get_text("copilot_ip")
    state["copilot"] = {"ip": address, "public_ip": call.get_text("public_ip", address), "fqdn": call.get_text("copilot_fqdn", "")}
    return "CoPilot association enabled"


def _dissociate(_controller: Controller, state: Json, _call: Call) -> Any:
    state["copilot"] = None
    return "CoPilot association disabled"


def _get_copilot_association(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"status": state["copilot"] is not None, **(state["copilot"] or {"ip": "", "public_ip": "", "fqdn": ""})}


def _get_deploy_policy(_controller: Controller, state: Json, _call: Call) -> Any:
    return dict(state["deploy_policy"])


def _set_deploy_policy(_controller: Controller, state: Json, call: Call) -> Any:
    providers, defaults = call.fields.get("providers") or [], bool(call.fields.get("set_defaults"))
    if not providers and not defaults:
        raise RefusedError(f"[{BAD_FIELD}] providers must not be empty.")
    state["deploy_policy"] = {"providers": providers or ["AWS"], "set_defaults": defaults}
    return {}


def _get_intra_vpc(_controller: Controller, state: Json, _call: Call) -> Any:
    return {"vpcs": list(state["intra_vpc"])}


def _set_intra_vpc(_controller: Controller, state: Json, call: Call) -> Any:
    state["intra_vpc"] = call.fields.get("vpcs") or []
    return {}


def _clear_intra_vpc(_controller: Controller, state: Json, _call: Call) -> Any:
    state["intra_vpc"] = []
    return {}


ACTIONS: Actions = {
    "list_version_info": _get_version,
    "list_accounts": _list_accounts,
    "enable_controller_feature": change(_enable),
    "disable_controller_feature": change(_disable),
    "get_controller_feature": read(_get_feature),
    "get_all_controller_features": read(_list_features),
    "enable_copilot_association": change(_associate),
    "disable_copilot_association": change(_dissociate),
    "get_copilot_association_status": read(_get_copilot_association),
}
ROUTES: Routes = [
    ("GET", "microseg/deploy-policy", read(_get_deploy_policy)),
    ("POST", "microseg/deploy-policy", change(_set_deploy_policy)),
    ("GET", "microseg/intra-vpc", read(_get_intra_vpc)),
    ("PUT", "microseg/intra-vpc", change(_set_intra_vpc)),
    ("DELETE", "microseg/intra-vpc", change(_clear_intra_vpc)),
]
