"""What is about the Controller itself: release, access account, feature switches, CoPilot, and where DCF is deployed."""

from __future__ import annotations

from typing import Any

from containment.lab.controller.core import Actions, Call, Controller, Routes
from containment.lab.controller.errors import BAD_FIELD, POLICIES_EXIST, RefusedError
from containment.lab.controller.store import Json


def _version(controller: Controller, _call: Call) -> Any:
    return {"current_version": controller.settings.version, "previous_version": "9.0.0"}


def _accounts(controller: Controller, _call: Call) -> Any:
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


def _name(state: Json, call: Call) -> str:
    name = call.text("feature")
    if name not in state["features"]:
        raise RefusedError(f"Invalid feature {name}. Valid features are: {', '.join(state['features'])}.")
    return name


def _enable(controller: Controller, call: Call) -> Any:
    with controller.store.changing() as state:
        state["features"][_name(state, call)] = True
    return "done"


def _disable(controller: Controller, call: Call) -> Any:
    with controller.store.changing() as state:
        name = _name(state, call)
        if name == "microseg" and (state["policy_list"] or state["rulesets"] or state["groups"]):
            raise RefusedError(f"[{POLICIES_EXIST}] Distributed Cloud Firewall cannot be disabled while policies exist.")
        state["features"][name] = False
        if name == "microseg":
            state["lookups"] = {}
    return "done"


def _feature(controller: Controller, call: Call) -> Any:
    with controller.store.reading() as state:
        return {"feature": (name := _name(state, call)), "enabled": state["features"][name]}


def _features(controller: Controller, _call: Call) -> Any:
    with controller.store.reading() as state:
        return [{"feature": name, "enabled": on} for name, on in state["features"].items()]


def _associate(controller: Controller, call: Call) -> Any:
    address = call.text("copilot_ip")
    with controller.store.changing() as state:
        state["copilot"] = {"ip": address, "public_ip": call.text("public_ip", address), "fqdn": call.text("copilot_fqdn", "")}
    return "CoPilot association enabled"


def _dissociate(controller: Controller, _call: Call) -> Any:
    with controller.store.changing() as state:
        state["copilot"] = None
    return "CoPilot association disabled"


def _association(controller: Controller, _call: Call) -> Any:
    with controller.store.reading() as state:
        return {"status": state["copilot"] is not None, **(state["copilot"] or {"ip": "", "public_ip": "", "fqdn": ""})}


def _deploy_policy(controller: Controller, _call: Call) -> Any:
    with controller.store.reading() as state:
        return dict(state["deploy_policy"])


def _set_deploy_policy(controller: Controller, call: Call) -> Any:
    providers, defaults = call.fields.get("providers") or [], bool(call.fields.get("set_defaults"))
    if not providers and not defaults:
        raise RefusedError(f"[{BAD_FIELD}] providers must not be empty.")
    with controller.store.changing() as state:
        state["deploy_policy"] = {"providers": providers or ["AWS"], "set_defaults": defaults}
    return {}


def _intra_vpc(controller: Controller, _call: Call) -> Any:
    with controller.store.reading() as state:
        return {"vpcs": list(state["intra_vpc"])}


def _set_intra_vpc(controller: Controller, call: Call) -> Any:
    with controller.store.changing() as state:
        state["intra_vpc"] = call.fields.get("vpcs") or []
    return {}


def _no_intra_vpc(controller: Controller, _call: Call) -> Any:
    with controller.store.changing() as state:
        state["intra_vpc"] = []
    return {}


ACTIONS: Actions = {
    "list_version_info": _version,
    "list_accounts": _accounts,
    "enable_controller_feature": _enable,
    "disable_controller_feature": _disable,
    "get_controller_feature": _feature,
    "get_all_controller_features": _features,
    "enable_copilot_association": _associate,
    "disable_copilot_association": _dissociate,
    "get_copilot_association_status": _association,
}
ROUTES: Routes = [
    ("GET", "microseg/deploy-policy", _deploy_policy),
    ("POST", "microseg/deploy-policy", _set_deploy_policy),
    ("GET", "microseg/intra-vpc", _intra_vpc),
    ("PUT", "microseg/intra-vpc", _set_intra_vpc),
    ("DELETE", "microseg/intra-vpc", _no_intra_vpc),
]
