"""High availability: the second gateway of a spoke, launched into a separate subnet, in the first one's `hagw_details`.

Default routes stay with the first gateway; failover is not simulated.
"""

from __future__ import annotations

from typing import Any

from containment_lab.controller.core import Actions, Call, Controller, start_task
from containment_lab.controller.errors import RefusedError
from containment_lab.controller.gateways.spoke import (
    collect_launch_fields,
    find_gateway,
    launch_gateway,
    make_placement,
    refuse_if_busy,
    remove_gateway,
)
from containment_lab.controller.store import Json
from containment_lab.controller.tasks import Work


def _create_ha(controller: Controller, state: Json, call: Call) -> Any:
    primary = call.get_text("primary_gw_name", call.get_text("gw_name", ""))
    subnet = call.get_text("gw_subnet", call.get_text("public_subnet", ""))
    gateway = find_gateway(state, primary)
    if gateway["hagw_details"]:
        raise RefusedError("HA GW already exists")
    refuse_if_busy(state, primary)
    name = call.get_text("ha_gw_name", f"{primary}-hagw")
    gateway["hagw_details"] = {
        "vpc_name": name,
        "cloud_type": 1,
        "vpc_size": call.get_text("gw_size", gateway["vpc_size"]),
        "public_subnet": subnet,
    }
    return controller.tasks.start(state, "create_ha", gateway=primary, eip=call.get_text("eip", ""))


def _launch_ha_gateway(controller: Controller, task: Json) -> None:
    with controller.store.read_state() as state:
        gateway = dict(state["gateways"][task["gateway"]])
    half = gateway["hagw_details"]
    try:
        launched = launch_gateway(
            controller, make_placement(gateway, half["vpc_name"], half["vpc_size"], half["public_subnet"], task["eip"])
        )
    except RefusedError:
        _remove_ha_gateway(controller, task)
        raise
    with controller.store.change_state() as state:
        more = {
            "gateway_zone": launched.zone,
            "high_perf": "no",
            "gw_image_name": gateway["gw_image_name"],
            "gw_software_version": controller.settings.version,
        }
        state["gateways"][task["gateway"]]["hagw_details"] |= collect_launch_fields(launched) | more


def _remove_ha_gateway(controller: Controller, task: Json) -> None:
    with controller.store.read_state() as state:
        name = state["gateways"][task["gateway"]]["hagw_details"].get("vpc_name")
    if name:
        remove_gateway(controller, task["gateway"], name)
    with controller.store.change_state() as state:
        state["gateways"][task["gateway"]]["hagw_details"] = {}


WORK: dict[str, Work] = {"create_ha": _launch_ha_gateway, "delete_ha": _remove_ha_gateway}
ACTIONS: Actions = {"create_multicloud_ha_gateway": start_task(_create_ha)}
