"""Spoke gateways: creating, showing, resizing and deleting them, as asynchronous work where the real Controller's is.

What is kept of a gateway is its line in `list_vpcs_summary` (the API's own names) plus `interface` and `ready`. With SNAT
(or the private default route, not both) private route tables lead to it; `upkeep` puts that right
again and again. Settings that are edited at once are in `gateway_edits`, the second gateway in `gateway_ha`.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from typing import Any

from containment.lab.controller.account import Launched, Placement
from containment.lab.controller.core import Actions, Call, Controller
from containment.lab.controller.errors import RefusedError
from containment.lab.controller.store import Json
from containment.lab.controller.tasks import Work

DEFAULT_SIZE = "t3.medium"
"""Some provider builds leave `gw_size` out."""
PRIVATE = ("interface", "ready", "hagw_interface")
log = logging.getLogger(__name__)


def _create(controller: Controller, call: Call) -> Any:
    name, account = call.text("gw_name"), call.text("account_name")
    if call.number("cloud_type") != 1:
        raise RefusedError(f"cloud_type {call.text('cloud_type')} is not simulated: AWS (1) only.")
    if account != controller.settings.account_name and controller.settings.cloud:
        raise RefusedError(f"Account {account} does not exist.")
    if len(name) > 50:
        raise RefusedError("Gateway name is longer than 50 characters.")
    snat = call.yes("enable_nat")
    gateway = {
        "vpc_name": name,
        "group_name": name,
        "cloud_type": 1,
        "account_name": account,
        "vpc_id": f"{call.text('vpc_id')}~~{name}",
        "vpc_region": call.text("vpc_region"),
        "vpc_size": call.text("gw_size", DEFAULT_SIZE),
        "public_subnet": call.text("gw_subnet"),
        "enable_nat": "yes" if snat else "no",
        "snat_target": "primary" if snat else "",
        "single_az_ha": "yes" if call.yes("single_az_ha") else "no",
        "gw_enc": call.text("enc_volume", "yes") != "no",
        "customer_managed_keys": call.text("cmk", ""),
        "jumbo_frame": True,
        "gro_gso": True,
        "high_perf": "yes" if call.yes("insane_mode") else "no",
        "use_vpc_dns": "Disabled",
        "tags": json.loads(call.text("json_tags", "{}")),
        "detection_time": 60,
        "gw_image_name": "hvm-cloudx-aws-lab",
        "gw_software_version": controller.settings.version,
        "ph2_encryption_policy": call.text("ph2_encryption_policy", "default"),
        "ph2_pfs_policy": call.text("ph2_pfs_policy", "disable"),
        "newly_allocated_eip": not call.yes("reuse_eip"),
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
    with controller.store.changing() as state:
        if name in state["gateways"]:
            raise RefusedError(f"Gateway name {name} already exists.")
        state["gateways"][name] = gateway
        task = controller.tasks.start(state, "create", gateway=name, eip=call.text("eip", ""))
    controller.tasks.run(task)
    return task


def _work_create(controller: Controller, task: Json) -> None:
    with controller.store.reading() as state:
        gateway = dict(state["gateways"][name := task["gateway"]])
    try:
        launched = launch(controller, placement(gateway, name, gateway["vpc_size"], gateway["public_subnet"], task["eip"]))
    except RefusedError:
        _work_delete(controller, task)
        raise
    with controller.store.changing() as state:
        state["gateways"][name] |= addresses(launched) | {"ready": True, "interface": launched.interface}
    upkeep(controller)


def _delete(controller: Controller, call: Call) -> Any:
    name = call.text("gw_name")
    with controller.store.changing() as state:
        primary = next((each for each, gateway in state["gateways"].items() if gateway["hagw_details"].get("vpc_name") == name), None)
        idle(state, primary or name)
        if primary is None:
            if find(state, name)["hagw_details"]:
                raise RefusedError(f"Gateway {name} has an HA gateway; delete that first.")
            task = controller.tasks.start(state, "delete", gateway=name)
        else:
            task = controller.tasks.start(state, "delete_ha", gateway=primary)
    controller.tasks.run(task)
    return task


def _work_delete(controller: Controller, task: Json) -> None:
    remove(controller, task["gateway"], task["gateway"])
    with controller.store.changing() as state:
        state["gateways"].pop(task["gateway"], None)


def _edit(controller: Controller, call: Call) -> Any:
    name, size = call.text("gw_name", call.text("gateway_name", "")), call.text("gw_size", "") or call.text("gateway_size", "")
    with controller.store.changing() as state:
        find(state, name)
        idle(state, name)
        if not size:
            raise RefusedError("Missing parameter: gw_size.")
        task = controller.tasks.start(state, "resize", gateway=name, size=size)
    controller.tasks.run(task)
    return task


def _work_resize(controller: Controller, task: Json) -> None:
    with controller.store.reading() as state:
        gateway = dict(state["gateways"][task["gateway"]])
    if controller.settings.cloud:
        controller.account.resize(gateway["cloudn_gateway_inst_id"], gateway["vpc_region"], task["size"])
    with controller.store.changing() as state:
        state["gateways"][task["gateway"]]["vpc_size"] = task["size"]


def _summary(controller: Controller, call: Call) -> Any:
    wanted = call.text("gateway_name", "")
    with controller.store.reading() as state:
        return [_shown(each) for name, each in state["gateways"].items() if not wanted or wanted == name]


def _shown(gateway: Json) -> Json:
    shown = {key: value for key, value in gateway.items() if key not in (*PRIVATE, "gro_gso")}
    for key, silent in (("customer_managed_keys", ""), ("private_vpc_default_enabled", False)):
        if shown.get(key) == silent:
            del shown[key]
    return shown if gateway["ready"] else {**shown, "vpc_state": "launching"}


def named(call: Call) -> str:
    """Return the gateway that an action is about: actions call it by different names."""
    return call.text("gateway_name", "") or call.text("gw_name", "") or call.text("vpc_name", "") or call.text("entity")


def _offloading(controller: Controller, call: Call) -> Any:
    with controller.store.reading() as state:
        on = find(state, named(call))["gro_gso"]
    return f"GRO/GSO is {'enabled' if on else 'disabled'}"


def _communities(controller: Controller, call: Call) -> Any:
    with controller.store.reading() as state:
        find(state, named(call))
    return {"accept_communities": "false", "send_communities": "false", "text": ""}


def _metric(controller: Controller, call: Call) -> Any:
    with controller.store.reading() as state:
        find(state, named(call))
    return {"set_bgp_med_to_sdn_metric": "false", "text": ""}


def upkeep(controller: Controller) -> None:
    """Look at the private route tables of every gateway's VPC and put the default routes right."""
    if not controller.settings.cloud:
        return
    with controller.store.reading() as state:
        gateways = [dict(each) for each in state["gateways"].values() if each["ready"]]
    for each in gateways:
        name, wanted = each["vpc_name"], each["enable_nat"] == "yes" or each["private_vpc_default_enabled"]
        try:
            changed = controller.account.keep_routes(name, _vpc(each), each["vpc_region"], each["interface"], wanted)
        except RefusedError as error:
            log.warning("routes of gateway %s: %s", name, error.reason)
            continue
        _record(controller, changed)


def _record(controller: Controller, changed: list[str]) -> None:
    if changed:
        for line in changed:
            log.info("route %s", line)
        with controller.store.changing() as state:
            state["route_changes"] = [*state["route_changes"], *changed][-500:]


def remove(controller: Controller, primary: str, name: str) -> None:
    """Remove a gateway from the account, and note what changed in route tables."""
    with controller.store.reading() as state:
        gateway = state["gateways"].get(primary)
    if gateway and controller.settings.cloud:
        _record(controller, controller.account.remove(name, _vpc(gateway), gateway["vpc_region"]))


def launch(controller: Controller, wanted: Placement) -> Launched:
    """Launch in the account, or on paper where there is none."""
    if controller.settings.cloud:
        launched: Launched = controller.account.launch(wanted)
        return launched
    inside = str(ipaddress.ip_network(wanted.subnet_cidr)[10])
    return Launched("i-0lab", "eni-0lab", "sg-0lab", inside, "192.0.2.10", f"{wanted.region}a", True)


def placement(gateway: Json, name: str, size: str, subnet: str, eip: str) -> Placement:
    """Return what is to be launched for a gateway's line."""
    return Placement(
        name=name,
        vpc=_vpc(gateway),
        region=gateway["vpc_region"],
        subnet_cidr=subnet,
        size=size,
        encrypted=gateway["gw_enc"],
        key=gateway["customer_managed_keys"],
        eip=eip,
        tags=gateway["tags"],
    )


def addresses(launched: Launched) -> Json:
    """Return what a launch adds to a line."""
    return {
        "public_ip": launched.public_ip,
        "private_ip": launched.private_ip,
        "cloudn_gateway_inst_id": launched.instance,
        "gw_security_group_id": launched.group,
    }


def _vpc(gateway: Json) -> str:
    return str(gateway["vpc_id"]).partition("~~")[0]


def idle(state: Json, name: str) -> None:
    """Refuse when work on the gateway is under way: two tasks must not cross."""
    if any(task["gateway"] == name and task["status"] == "running" for task in state["tasks"].values()):
        raise RefusedError(f"Another operation on gateway {name} is in progress.")


def find(state: Json, name: str) -> Json:
    """Return the line of the gateway with this name."""
    found: Json | None = state["gateways"].get(name)
    if found is None:
        raise RefusedError(f"Gateway {name} does not exist.")
    return found


WORK: dict[str, Work] = {
    "create": _work_create,
    "delete": _work_delete,
    "resize": _work_resize,
}
ACTIONS: Actions = {
    "create_multicloud_primary_gateway": _create,
    "delete_container": _delete,
    "edit_gw_config": _edit,
    "list_vpcs_summary": _summary,
    "show_bgp_communities_gateway_overrides": _communities,
    "show_bgp_med_to_sdn_metric_gateway_override": _metric,
    "get_gro_gso_status": _offloading,
}
