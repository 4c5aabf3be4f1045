"""The second gateway of a spoke: launched into its own subnet, shown in the first one's `hagw_details`.

Default routes stay with the first; failing over is not simulated.
"""

from __future__ import annotations

from typing import Any

from containment.lab.controller.core import Actions, Call, Controller
from containment.lab.controller.errors import RefusedError
from containment.lab.controller.gateways import addresses, find, idle, launch, placement, remove
from containment.lab.controller.store import Json
from containment.lab.controller.tasks import Work


def _create_ha(controller: Controller, call: Call) -> Any:
    primary, subnet = call.text("primary_gw_name", call.text("gw_name", "")), call.text("gw_subnet", call.text("public_subnet", ""))
    with controller.store.changing() as state:
        gateway = find(state, primary)
        if gateway["hagw_details"]:
            raise RefusedError("HA GW already exists")
        idle(state, primary)
        name = call.text("ha_gw_name", f"{primary}-hagw")
        gateway["hagw_details"] = {
            "vpc_name": name,
            "cloud_type": 1,
            "vpc_size": call.text("gw_size", gateway["vpc_size"]),
            "public_subnet": subnet,
        }
        task = controller.tasks.start(state, "create_ha", gateway=primary, eip=call.text("eip", ""))
    controller.tasks.run(task)
    return task


def _work_create_ha(controller: Controller, task: Json) -> None:
    with controller.store.reading() as state:
        gateway = dict(state["gateways"][task["gateway"]])
    half = gateway["hagw_details"]
    try:
        launched = launch(controller, placement(gateway, half["vpc_name"], half["vpc_size"], half["public_subnet"], task["eip"]))
    except RefusedError:
        _work_delete_ha(controller, task)
        raise
    with controller.store.changing() as state:
        more = {
            "gateway_zone": launched.zone,
            "high_perf": "no",
            "gw_image_name": gateway["gw_image_name"],
            "gw_software_version": controller.settings.version,
        }
        state["gateways"][task["gateway"]]["hagw_details"] |= addresses(launched) | more


def _work_delete_ha(controller: Controller, task: Json) -> None:
    with controller.store.reading() as state:
        name = state["gateways"][task["gateway"]]["hagw_details"].get("vpc_name")
    if name:
        remove(controller, task["gateway"], name)
    with controller.store.changing() as state:
        state["gateways"][task["gateway"]]["hagw_details"] = {}


WORK: dict[str, Work] = {"create_ha": _work_create_ha, "delete_ha": _work_delete_ha}
ACTIONS: Actions = {"create_multicloud_ha_gateway": _create_ha}
