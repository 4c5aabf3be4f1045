"""The settings of a gateway that are edited at once: SNAT, default route, DNS, tags, watched subnets, route lists.

Each action sets fields of the gateway's line and then puts the routes right. SNAT and the private default route exclude
each other (AVXERR-TRANSIT-EDIT-0056).
"""

from __future__ import annotations

import json
from typing import Any

from containment.lab.controller.core import Actions, Call, Controller, Handler
from containment.lab.controller.errors import SNAT_AND_DEFAULT_ROUTE, RefusedError
from containment.lab.controller.gateways import find, named, upkeep
from containment.lab.controller.store import Json


def _set(values: Json) -> Handler:
    """Return an action that sets fields of a gateway's line."""

    def action(controller: Controller, call: Call) -> Any:
        with controller.store.changing() as state:
            gateway = find(state, named(call))
            wanted = {**gateway, **values}
            if wanted["enable_nat"] == "yes" and wanted["private_vpc_default_enabled"]:
                raise RefusedError(
                    f"[{SNAT_AND_DEFAULT_ROUTE}] SNAT and the private VPC default route cannot both be enabled on gateway {named(call)}."
                )
            gateway |= values
        upkeep(controller)
        return "done"

    return action


def _detection(controller: Controller, call: Call) -> Any:
    return _set({"detection_time": call.number("detection_time")})(controller, call)


def _cidrs(field: str) -> Handler:
    """Return an action that sets one of a gateway's route lists from the comma list `cidr`."""

    def action(controller: Controller, call: Call) -> Any:
        sent = call.text("cidr", "") or call.text("cidr_list", "")
        return _set({field: [each.strip() for each in sent.split(",") if each.strip()]})(controller, call)

    return action


def _monitor(controller: Controller, call: Call) -> Any:
    excluded = [each for each in call.text("monitor_exclude_gateway_list", "").split(",") if each]
    return _set({"monitor_subnets_action": "enable", "monitor_exclude_gw_list": excluded})(controller, call)


def _retag(controller: Controller, call: Call) -> Any:
    tags = json.loads(call.text("new_tag_json", "{}"))
    with controller.store.changing() as state:
        gateway = find(state, call.text("resource_name"))
        if controller.settings.cloud:
            drop = [key for key in gateway["tags"] if key not in tags]
            controller.account.retag(gateway["cloudn_gateway_inst_id"], gateway["vpc_region"], tags, drop)
        gateway["tags"] = tags
    return "done"


def _encrypt(controller: Controller, call: Call) -> Any:
    return _set({"gw_enc": True, "customer_managed_keys": call.text("customer_managed_keys", "")})(controller, call)


ACTIONS: Actions = {
    "enable_snat": _set({"enable_nat": "yes", "snat_target": "primary"}),
    "disable_snat": _set({"enable_nat": "no", "snat_target": ""}),
    "enable_private_vpc_default_route": _set({"private_vpc_default_enabled": True}),
    "disable_private_vpc_default_route": _set({"private_vpc_default_enabled": False}),
    "enable_skip_public_route_table_update": _set({"skip_public_vpc_update_enabled": True}),
    "disable_skip_public_route_table_update": _set({"skip_public_vpc_update_enabled": False}),
    "enable_vpc_dns_server": _set({"use_vpc_dns": "Enabled"}),
    "disable_vpc_dns_server": _set({"use_vpc_dns": "Disabled"}),
    "enable_single_az_ha": _set({"single_az_ha": "yes"}),
    "disable_single_az_ha": _set({"single_az_ha": "no"}),
    "enable_jumbo_frame": _set({"jumbo_frame": True}),
    "disable_jumbo_frame": _set({"jumbo_frame": False}),
    "enable_gro_gso": _set({"gro_gso": True}),
    "disable_gro_gso": _set({"gro_gso": False}),
    "enable_monitor_gateway_subnets": _monitor,
    "disable_monitor_gateway_subnets": _set({"monitor_subnets_action": "disable", "monitor_exclude_gw_list": []}),
    "encrypt_gateway_volume": _encrypt,
    "modify_detection_time": _detection,
    "update_resource_tags": _retag,
    "edit_gateway_custom_routes": _cidrs("customized_cidr_list"),
    "edit_gateway_filter_routes": _cidrs("filtering_cidr_list"),
    "edit_gateway_advertised_cidr": _cidrs("include_cidr_list"),
}
