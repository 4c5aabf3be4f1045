"""Gateway settings that change without a task: SNAT, default route, DNS, tags, monitored subnets, route lists and tables.

Each action sets fields of the gateway's record and then repairs the routes. SNAT and the private default route exclude
each other (AVXERR-TRANSIT-EDIT-0056).
"""

from __future__ import annotations

import json
from typing import Any

from containment_lab.controller.core import Actions, Call, Controller, Handler, change
from containment_lab.controller.errors import SNAT_AND_DEFAULT_ROUTE, RefusedError
from containment_lab.controller.gateways.spoke import extract_vpc_id, find_gateway, get_gateway_name, repair_routes
from containment_lab.controller.releases import V10_1, refuse_before, refuse_decryption_with_snat
from containment_lab.controller.store import Json


def _make_edit_action(values: Json) -> Handler:
    """Return an action that sets fields of a gateway's record."""

    def action(controller: Controller, call: Call) -> Any:
        with controller.store.change_state() as state:
            gateway = find_gateway(state, get_gateway_name(call))
            wanted = {**gateway, **values}
            if wanted["enable_nat"] == "yes" and wanted["private_vpc_default_enabled"]:
                raise RefusedError(
                    f"[{SNAT_AND_DEFAULT_ROUTE}] SNAT and the private VPC default route cannot both be enabled on gateway "
                    f"{get_gateway_name(call)}."
                )
            gateway |= values
            refuse_decryption_with_snat(controller, state)
        repair_routes(controller)
        return "done"

    return action


def _set_detection_time(controller: Controller, call: Call) -> Any:
    return _make_edit_action({"detection_time": call.get_number("detection_time")})(controller, call)


def _make_cidr_action(field: str) -> Handler:
    """Return an action that sets one of a gateway's route lists from the comma-separated list `cidr`."""

    def action(controller: Controller, call: Call) -> Any:
        sent = call.get_text("cidr", "") or call.get_text("cidr_list", "")
        return _make_edit_action({field: [each.strip() for each in sent.split(",") if each.strip()]})(controller, call)

    return action


def _set_managed_tables(controller: Controller, call: Call) -> Any:
    """Set the only route tables that the Controller writes routes to; an empty list: every private one. Since release 10.1."""
    refuse_before(controller, V10_1, "edit_managed_route_tables")
    tables = [each.strip() for each in call.get_text("route_tables", "").split(",") if each.strip()]
    with controller.store.read_state() as state:
        gateway = dict(find_gateway(state, get_gateway_name(call)))
    there = (
        controller.account.list_route_tables(extract_vpc_id(gateway), gateway["vpc_region"]) if controller.settings.cloud else set(tables)
    )
    if strange := [each for each in tables if each not in there]:
        raise RefusedError(f"Route table {strange[0]} was not found in VPC {extract_vpc_id(gateway)}.")
    return _make_edit_action({"spoke_rtb_list": tables})(controller, call)


def _enable_subnet_monitoring(controller: Controller, call: Call) -> Any:
    excluded = [each for each in call.get_text("monitor_exclude_gateway_list", "").split(",") if each]
    return _make_edit_action({"monitor_subnets_action": "enable", "monitor_exclude_gw_list": excluded})(controller, call)


def _retag(controller: Controller, state: Json, call: Call) -> Any:
    tags = json.loads(call.get_text("new_tag_json", "{}"))
    gateway = find_gateway(state, call.get_text("resource_name"))
    if controller.settings.cloud:
        drop = [key for key in gateway["tags"] if key not in tags]
        controller.account.retag(gateway["cloudn_gateway_inst_id"], gateway["vpc_region"], tags, drop)
    gateway["tags"] = tags
    return "done"


def _encrypt(controller: Controller, call: Call) -> Any:
    return _make_edit_action({"gw_enc": True, "customer_managed_keys": call.get_text("customer_managed_keys", "")})(controller, call)


ACTIONS: Actions = {
    "enable_snat": _make_edit_action({"enable_nat": "yes", "snat_target": "primary"}),
    "disable_snat": _make_edit_action({"enable_nat": "no", "snat_target": ""}),
    "enable_private_vpc_default_route": _make_edit_action({"private_vpc_default_enabled": True}),
    "disable_private_vpc_default_route": _make_edit_action({"private_vpc_default_enabled": False}),
    "enable_skip_public_route_table_update": _make_edit_action({"skip_public_vpc_update_enabled": True}),
    "disable_skip_public_route_table_update": _make_edit_action({"skip_public_vpc_update_enabled": False}),
    "enable_vpc_dns_server": _make_edit_action({"use_vpc_dns": "Enabled"}),
    "disable_vpc_dns_server": _make_edit_action({"use_vpc_dns": "Disabled"}),
    "enable_single_az_ha": _make_edit_action({"single_az_ha": "yes"}),
    "disable_single_az_ha": _make_edit_action({"single_az_ha": "no"}),
    "enable_jumbo_frame": _make_edit_action({"jumbo_frame": True}),
    "disable_jumbo_frame": _make_edit_action({"jumbo_frame": False}),
    "enable_gro_gso": _make_edit_action({"gro_gso": True}),
    "disable_gro_gso": _make_edit_action({"gro_gso": False}),
    "enable_monitor_gateway_subnets": _enable_subnet_monitoring,
    "disable_monitor_gateway_subnets": _make_edit_action({"monitor_subnets_action": "disable", "monitor_exclude_gw_list": []}),
    "encrypt_gateway_volume": _encrypt,
    "modify_detection_time": _set_detection_time,
    "update_resource_tags": change(_retag),
    "edit_gateway_custom_routes": _make_cidr_action("customized_cidr_list"),
    "edit_gateway_filter_routes": _make_cidr_action("filtering_cidr_list"),
    "edit_managed_route_tables": _set_managed_tables,
    "edit_gateway_advertised_cidr": _make_cidr_action("include_cidr_list"),
}
