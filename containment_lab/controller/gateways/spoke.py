"""Spoke gateways: create, list, resize and delete, in tasks where the real Controller uses them.

The record of a gateway is its entry in `list_vpcs_summary` (with the API's names) plus `interface` and `ready`. With SNAT
(or the private default route, not both) the default routes of private route tables lead to it, and are repaired
periodically. `edits` has the settings that change without a task, `ha` the second gateway.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from typing import Any

from containment_lab.controller.account import LaunchedGateway, Placement
from containment_lab.controller.core import Actions, Call, Controller, read, require_found, start_task
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.releases import refuse_decryption_with_snat, refuse_private_subnet
from containment_lab.controller.store import Json
from containment_lab.controller.tasks import Work

DEFAULT_SIZE = "t3.medium"
"""The size when a call has no `gw_size`, as from some provider builds."""
PRIVATE = ("interface", "ready", "hagw_interface")
log = logging.getLogger(__name__)


def _create(controller: Controller, state: Json, call: Call) -> Any:
    name, account = call.get_text("gw_name"), call.get_text("account_name")
    if call.get_number("cloud_type") != 1:
        raise RefusedError(f"cloud_type {call.get_text('cloud_type')} is not simulated: AWS (1) only.")
    if account != controller.settings.account_name and controller.settings.cloud:
        raise RefusedError(f"Account {account} does not exist.")
    refuse_private_subnet(controller, call)
    if len(name) > 50:
        raise RefusedError("Gateway name is longer than 50 characters.")
    snat = call.is_true("enable_nat")
    gateway = {
        "vpc_name": name,
        "group_name": name,
        "cloud_type": 1,
        "account_name": account,
        "vpc_id": f"{call.get_text('vpc_id')}~~{name}",
        "vpc_region": call.get_text("vpc_region"),
        "vpc_size": call.get_text("gw_size", DEFAULT_SIZE),
        "public_subnet": call.get_text("gw_subnet"),
        "enable_nat": "yes" if snat else "no",
        "snat_target": "primary" if snat else "",
        "single_az_ha": "yes" if call.is_true("single_az_ha") else "no",
        "gw_enc": call.get_text("enc_volume", "yes") != "no",
        "customer_managed_keys": call.get_text("cmk", ""),
        "jumbo_frame": True,
        "gro_gso": True,
        "high_perf": "yes" if call.is_true("insane_mode") else "no",
        "use_vpc_dns": "Disabled",
        "tags": json.loads(call.get_text("json_tags", "{}")),
        "detection_time": 60,
        "gw_image_name": "hvm-cloudx-aws-lab",
        "gw_software_version": controller.settings.version,
        "ph2_encryption_policy": call.get_text("ph2_encryption_policy", "default"),
        "ph2_pfs_policy": call.get_text("ph2_pfs_policy", "disable"),
        "newly_allocated_eip": not call.is_true("reuse_eip"),
        "hagw_details": {},
        "local_as_number": "",
        "rx_queue_size": "",
        "public_ip": "",
        "private_ip": "",
        "cloudn_gateway_inst_id": "",
        "gw_security_group_id": "",
        "private_vpc_default_enabled": False,
        "ready": False,
        "interface": "",
    }
    if name in state["gateways"]:
        raise RefusedError(f"Gateway name {name} already exists.")
    state["gateways"][name] = gateway
    refuse_decryption_with_snat(controller, state)
    return controller.tasks.start(state, "create", gateway=name, eip=call.get_text("eip", ""))


def _launch_spoke(controller: Controller, task: Json) -> None:
    with controller.store.read_state() as state:
        gateway = dict(state["gateways"][name := task["gateway"]])
    try:
        launched = launch_gateway(controller, make_placement(gateway, name, gateway["vpc_size"], gateway["public_subnet"], task["eip"]))
    except RefusedError:
        _remove_spoke(controller, task)
        raise
    with controller.store.change_state() as state:
        state["gateways"][name] |= collect_launch_fields(launched) | {"ready": True, "interface": launched.interface}
    repair_routes(controller)


def _delete(controller: Controller, state: Json, call: Call) -> Any:
    name = call.get_text("gw_name")
    primary = next((each for each, gateway in state["gateways"].items() if gateway["hagw_details"].get("vpc_name") == name), None)
    refuse_if_busy(state, primary or name)
    if primary is not None:
        return controller.tasks.start(state, "delete_ha", gateway=primary)
    if find_gateway(state, name)["hagw_details"]:
        raise RefusedError(f"Gateway {name} has an HA gateway; delete that first.")
    return controller.tasks.start(state, "delete", gateway=name)


def _remove_spoke(controller: Controller, task: Json) -> None:
    remove_gateway(controller, task["gateway"], task["gateway"])
    with controller.store.change_state() as state:
        state["gateways"].pop(task["gateway"], None)


def _edit(controller: Controller, state: Json, call: Call) -> Any:
    name = call.get_text("gw_name", call.get_text("gateway_name", ""))
    size = call.get_text("gw_size", "") or call.get_text("gateway_size", "")
    find_gateway(state, name)
    refuse_if_busy(state, name)
    if not size:
        raise RefusedError("Missing parameter: gw_size.")
    return controller.tasks.start(state, "resize", gateway=name, size=size)


def _resize_spoke(controller: Controller, task: Json) -> None:
    with controller.store.read_state() as state:
        gateway = dict(state["gateways"][task["gateway"]])
    if controller.settings.cloud:
        controller.account.resize(gateway["cloudn_gateway_inst_id"], gateway["vpc_region"], task["size"])
    with controller.store.change_state() as state:
        state["gateways"][task["gateway"]]["vpc_size"] = task["size"]


def _list_gateways(_controller: Controller, state: Json, call: Call) -> Any:
    wanted = call.get_text("gateway_name", "")
    return [_render_gateway(each) for name, each in state["gateways"].items() if not wanted or wanted == name]


def _render_gateway(gateway: Json) -> Json:
    shown = {key: value for key, value in gateway.items() if key not in (*PRIVATE, "gro_gso")}
    for key, silent in (("customer_managed_keys", ""), ("private_vpc_default_enabled", False)):
        if shown.get(key) == silent:
            del shown[key]
    return shown if gateway["ready"] else {**shown, "vpc_state": "launching"}


def get_gateway_name(call: Call) -> str:
    """Return the name of the gateway in a call: actions use different fields for it."""
    return call.get_text("gateway_name", "") or call.get_text("gw_name", "") or call.get_text("vpc_name", "") or call.get_text("entity")


def _get_offloading(_controller: Controller, state: Json, call: Call) -> Any:
    on = find_gateway(state, get_gateway_name(call))["gro_gso"]
    return f"GRO/GSO is {'enabled' if on else 'disabled'}"


def _get_bgp_communities(_controller: Controller, state: Json, call: Call) -> Any:
    find_gateway(state, get_gateway_name(call))
    return {"accept_communities": "false", "send_communities": "false", "text": ""}


def _get_bgp_metric(_controller: Controller, state: Json, call: Call) -> Any:
    find_gateway(state, get_gateway_name(call))
    return {"set_bgp_med_to_sdn_metric": "false", "text": ""}


def repair_routes(controller: Controller) -> None:
    """Repair the default routes in the private route tables of every gateway's VPC."""
    if not controller.settings.cloud:
        return
    with controller.store.read_state() as state:
        gateways = [dict(each) for each in state["gateways"].values() if each["ready"]]
    for each in gateways:
        name, wanted = each["vpc_name"], each["enable_nat"] == "yes" or each["private_vpc_default_enabled"]
        try:
            tables = each.get("spoke_rtb_list", []) if wanted else None
            changed = controller.account.repair_default_routes(name, extract_vpc_id(each), each["vpc_region"], each["interface"], tables)
        except RefusedError as error:
            log.warning("routes of gateway %s: %s", name, error.reason)
            continue
        _record_route_changes(controller, changed)


def _record_route_changes(controller: Controller, changed: list[str]) -> None:
    if changed:
        for line in changed:
            log.info("route %s", line)
        with controller.store.change_state() as state:
            state["route_changes"] = [*state["route_changes"], *changed][-500:]


def remove_gateway(controller: Controller, primary: str, name: str) -> None:
    """Remove a gateway from the account, and record the changed routes."""
    with controller.store.read_state() as state:
        gateway = state["gateways"].get(primary)
    if gateway and controller.settings.cloud:
        _record_route_changes(controller, controller.account.remove(name, extract_vpc_id(gateway), gateway["vpc_region"]))


def launch_gateway(controller: Controller, wanted: Placement) -> LaunchedGateway:
    """Launch a gateway in the account, or return made-up ids if no account is used."""
    if controller.settings.cloud:
        launched: LaunchedGateway = controller.account.launch(wanted)
        return launched
    inside = str(ipaddress.ip_network(wanted.subnet_cidr)[10])
    return LaunchedGateway(
        instance="i-0lab",
        interface="eni-0lab",
        group="sg-0lab",
        private_ip=inside,
        public_ip="192.0.2.10",
        zone=f"{wanted.region}a",
        own_address=True,
    )


def make_placement(gateway: Json, name: str, size: str, subnet: str, eip: str) -> Placement:
    """Return the placement of a gateway from its record."""
    return Placement(
        name=name,
        vpc=extract_vpc_id(gateway),
        region=gateway["vpc_region"],
        subnet_cidr=subnet,
        size=size,
        encrypted=gateway["gw_enc"],
        key=gateway["customer_managed_keys"],
        eip=eip,
        tags=gateway["tags"],
    )


def collect_launch_fields(launched: LaunchedGateway) -> Json:
    """Return the fields that a launch adds to a gateway's record."""
    return {
        "public_ip": launched.public_ip,
        "private_ip": launched.private_ip,
        "cloudn_gateway_inst_id": launched.instance,
        "gw_security_group_id": launched.group,
    }


def extract_vpc_id(gateway: Json) -> str:
    """Return the VPC of a gateway's record."""
    return str(gateway["vpc_id"]).partition("~~")[0]


def refuse_if_busy(state: Json, name: str) -> None:
    """Refuse a call while a task on the gateway is running: two tasks must not overlap."""
    if any(task["gateway"] == name and task["status"] == "running" for task in state["tasks"].values()):
        raise RefusedError(f"Another operation on gateway {name} is in progress.")


def find_gateway(state: Json, name: str) -> Json:
    """Return the record of the gateway with this name; raise RefusedError if there is none."""
    return require_found(state["gateways"].get(name), f"Gateway {name} does not exist.", 400)


WORK: dict[str, Work] = {
    "create": _launch_spoke,
    "delete": _remove_spoke,
    "resize": _resize_spoke,
}
ACTIONS: Actions = {
    "create_multicloud_primary_gateway": start_task(_create),
    "delete_container": start_task(_delete),
    "edit_gw_config": start_task(_edit),
    "list_vpcs_summary": read(_list_gateways),
    "show_bgp_communities_gateway_overrides": read(_get_bgp_communities),
    "show_bgp_med_to_sdn_metric_gateway_override": read(_get_bgp_metric),
    "get_gro_gso_status": read(_get_offloading),
}
