"""The spoke gateway: created, resized and deleted by the Controller's asynchronous work; everything else edited in place.

An existing gateway of the same name, place and settings is adopted: a killed run left it. `inputs` are the simulated inputs; any other
input of the real type is refused by name at create unless it has its default.
"""

# ruff: noqa: ARG002 - methods have the base's signature
from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from containment_lab.providers.aviatrix.client import Client
from containment_lab.providers.aviatrix.resource import AviatrixResource
from containment_lab.providers.handler import Call, Props, RefusedError, UnservedError

ROUTES = {
    "customizedSpokeVpcRoutes": ("edit_gateway_custom_routes", "customized_cidr_list"),
    "filteredSpokeVpcRoutes": ("edit_gateway_filter_routes", "filtering_cidr_list"),
    "includedAdvertisedSpokeRoutes": ("edit_gateway_advertised_cidr", "include_cidr_list"),
}


def encode_creation(inputs: Props) -> dict[str, Any]:
    """Return the fields of the create call as the real provider sends them."""
    own_address = inputs.get("allocateNewEip", True)
    return {
        "cloud_type": 1,
        "account_name": inputs["accountName"],
        "gw_name": inputs["gwName"],
        "gw_size": inputs["gwSize"],
        "vpc_id": inputs["vpcId"],
        "vpc_region": inputs["vpcReg"],
        "gw_subnet": inputs["subnet"],
        "enable_nat": "yes" if inputs.get("singleIpSnat") else "no",
        "single_az_ha": "enabled" if inputs.get("singleAzHa", True) else "disabled",
        "insane_mode": "no",
        "reuse_eip": "off" if own_address else "on",
        "ph2_encryption_policy": "default",
        "ph2_pfs_policy": "disable",
        **({} if own_address else {"eip": inputs.get("eip", "")}),
        **({} if inputs.get("enableEncryptVolume") else {"enc_volume": "no"}),
        **({"cmk": inputs["customerManagedKeys"]} if inputs.get("customerManagedKeys") else {}),
        **({"json_tags": json.dumps(inputs["tags"])} if inputs.get("tags") else {}),
    }


def decode_line(line: Props) -> Props:
    """Return a line of the summary with Pulumi's property names."""
    routes = {key: ",".join(line.get(field) or []) for key, (_, field) in ROUTES.items()}
    return {
        **routes,
        "accountName": line["account_name"],
        "cloudType": line["cloud_type"],
        "gwName": line["vpc_name"],
        "groupName": line.get("group_name", ""),
        "gwSize": line["vpc_size"],
        "vpcId": line["vpc_id"].partition("~~")[0],
        "vpcReg": line["vpc_region"],
        "subnet": line["public_subnet"],
        "eip": line["public_ip"],
        "publicIp": line["public_ip"],
        "privateIp": line["private_ip"],
        "cloudInstanceId": line["cloudn_gateway_inst_id"],
        "securityGroupId": line["gw_security_group_id"],
        "singleAzHa": line["single_az_ha"] == "yes",
        "singleIpSnat": line["enable_nat"] == "yes" and line.get("snat_target") == "primary",
        "enableEncryptVolume": bool(line.get("gw_enc")),
        "enableJumboFrame": bool(line.get("jumbo_frame")),
        "enableVpcDnsServer": line.get("use_vpc_dns") == "Enabled",
        "enablePrivateVpcDefaultRoute": bool(line.get("private_vpc_default_enabled")),
        "enableSkipPublicRouteTableUpdate": bool(line.get("skip_public_vpc_update_enabled")),
        "enableMonitorGatewaySubnets": line.get("monitor_subnets_action") == "enable",
        "monitorExcludeLists": line.get("monitor_exclude_gw_list") or [],
        "allocateNewEip": line.get("newly_allocated_eip", True),
        "insaneMode": line.get("high_perf") == "yes",
        "routeTables": [each.partition("~~")[0] for each in line.get("spoke_rtb_list") or []],
        "tags": line.get("tags") or {},
        "tunnelDetectionTime": line.get("detection_time", 60),
        "imageVersion": line.get("gw_image_name", ""),
        "softwareVersion": line.get("gw_software_version", ""),
        "localAsNumber": line.get("local_as_number", ""),
        "tunnelEncryptionCipher": line.get("ph2_encryption_policy", "default"),
        "tunnelForwardSecrecy": line.get("ph2_pfs_policy", "disable"),
    }


SWITCHES = {
    "singleIpSnat": ("enable_snat", "disable_snat"),
    "enablePrivateVpcDefaultRoute": ("enable_private_vpc_default_route", "disable_private_vpc_default_route"),
    "enableSkipPublicRouteTableUpdate": ("enable_skip_public_route_table_update", "disable_skip_public_route_table_update"),
    "enableVpcDnsServer": ("enable_vpc_dns_server", "disable_vpc_dns_server"),
    "enableJumboFrame": ("enable_jumbo_frame", "disable_jumbo_frame"),
    "enableGroGso": ("enable_gro_gso", "disable_gro_gso"),
    "singleAzHa": ("enable_single_az_ha", "disable_single_az_ha"),
}
FIXED = frozenset({"cloudType", "accountName", "gwName", "vpcId", "vpcReg", "subnet", "insaneMode", "insertionGateway"})
UNCHANGEABLE = ("allocateNewEip", "eip", "customerManagedKeys", "enableIpv6")
SIMULATED = frozenset(
    {*FIXED, *SWITCHES, *ROUTES, "gwSize", "allocateNewEip", "customerManagedKeys", "eip", "enableEncryptVolume"}
    | {"enableMonitorGatewaySubnets", "haGwSize", "haSubnet", "insaneModeAz", "manageHaGateway", "monitorExcludeLists"}
    | {"tags", "tunnelDetectionTime", "enableIpv6", "routeTables", "insertionGatewayAz"}
)
NOT_SIMULATED = ("enableIpv6", "insaneMode", "insertionGateway")
OUTPUTS = frozenset(
    {"cloudInstanceId", "groupName", "imageVersion", "privateIp", "publicIp", "securityGroupId", "softwareVersion", "localAsNumber"}
    | {"haCloudInstanceId", "haGwName", "haPrivateIp", "haPublicIp", "haSecurityGroupId", "tunnelEncryptionCipher", "tunnelForwardSecrecy"}
)


class SpokeGateway(AviatrixResource):
    """`aviatrix_spoke_gateway` on AWS."""

    type_name = "spokeGateway"
    inputs = SIMULATED
    required = frozenset({"accountName", "cloudType", "gwName", "gwSize", "subnet", "vpcId", "vpcReg"})
    replace_on = FIXED
    computed = OUTPUTS | {"eip", "tunnelDetectionTime", "allocateNewEip", "routeTables"}
    newer = {"routeTables": (10, 1, 0)}
    secrets = frozenset({"customerManagedKeys"})
    sets = frozenset({"monitorExcludeLists", "routeTables"})
    unless_set = {
        **dict.fromkeys(SWITCHES, False),
        **dict.fromkeys(ROUTES, ""),
        "singleAzHa": True,
        "enableJumboFrame": True,
        "enableGroGso": True,
        "enableEncryptVolume": False,
        "enableMonitorGatewaySubnets": False,
        "monitorExcludeLists": [],
        "manageHaGateway": True,
        "insaneMode": False,
        "tags": {},
        "haSubnet": "",
        "haGwSize": "",
    }

    def validate(self, call: Call, inputs: Props) -> Iterable[tuple[str, str]]:
        """Check the inputs that the real provider checks before it calls."""
        if inputs.get("cloudType", 1) != 1:
            yield "cloudType", f"the lab simulates AWS (1) only, got {inputs['cloudType']}"
        if len(str(inputs.get("gwName", ""))) > 50:
            yield "gwName", "a gateway name has 50 characters at most"

    def create(self, call: Call, inputs: Props) -> tuple[str, Props]:
        """Create the gateway, then edit the settings that the create call lacks."""
        self._refuse_not_simulated(inputs)
        self.refuse_newer(call, inputs)
        client, name = self.get_client(call), inputs["gwName"]
        if inputs.get("haSubnet") and not inputs.get("haGwSize"):
            raise RefusedError("a valid non empty ha_gw_size parameter is mandatory for this resource if ha_subnet is set")
        if self._wait_for_line(client, name) is None:
            call.claim(name)
            client.run_task("create_multicloud_primary_gateway", **encode_creation(inputs))
        else:
            self._refuse_foreign(call, name, inputs)
            call.claim(name)
        live = self._read_gateway(client, name)
        return name, self._bring(client, name, live, inputs)

    def read(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the gateway, None when there is none of the name."""
        client = self.get_client(call)
        if self._wait_for_line(client, ident) is None:
            return None
        live = self._read_gateway(client, ident)
        if (state.get("manageHaGateway") is False) and live["haSubnet"]:
            live |= {"haSubnet": "", "haGwSize": ""}  # managed elsewhere
        return {**live, "manageHaGateway": state.get("manageHaGateway", True)}

    def update(self, call: Call, ident: str, state: Props, inputs: Props) -> Props:
        """Edit in place the settings that can be edited."""
        client = self.get_client(call)
        self.refuse_newer(call, inputs)
        live = self._read_gateway(client, ident)
        for key in UNCHANGEABLE:
            if key in inputs and not self.is_same(key, state.get(key), inputs[key]):
                raise RefusedError(f"updating {key} of spoke gateway {ident} is not allowed")
        if live["enableEncryptVolume"] and not inputs.get("enableEncryptVolume", False):
            raise RefusedError(f"can't disable Encrypt Volume for gateway: {ident}")
        return self._bring(client, ident, live, inputs)

    def delete(self, call: Call, ident: str, state: Props) -> None:
        """Delete the HA gateway, then the gateway; a missing one counts as deleted."""
        client = self.get_client(call)
        line = self._wait_for_line(client, ident)
        if line is None:
            return
        if standby := (line.get("hagw_details") or {}).get("vpc_name"):
            client.run_task("delete_container", cloud_type=1, gw_name=standby)
        client.run_task("delete_container", cloud_type=1, gw_name=ident)

    def _bring(self, client: Client, name: str, live: Props, inputs: Props) -> Props:
        """Apply every input that differs from the live gateway, and return the gateway afterwards."""
        wanted = {**self.unless_set, **{key: value for key, value in inputs.items() if value is not None}}

        def differs(key: str) -> bool:
            return not self.is_same(key, live.get(key, self.unless_set.get(key)), wanted.get(key))

        if differs("tags"):
            client.call_post(
                "update_resource_tags", cloud_type=1, resource_type="gw", resource_name=name, new_tag_json=json.dumps(wanted["tags"])
            )
        if differs("gwSize"):
            client.run_task("edit_gw_config", gw_name=name, gw_size=wanted["gwSize"])
        for key, (on, off) in sorted(SWITCHES.items(), key=lambda switch: bool(wanted[switch[0]])):  # off before on: two exclude each other
            if differs(key):
                client.call_post(on if wanted[key] else off, gateway_name=name)
        for key, (action, _) in ROUTES.items():
            if differs(key):
                client.call_post(action, gateway_name=name, cidr=wanted[key])
        if differs("enableMonitorGatewaySubnets") or differs("monitorExcludeLists"):
            watched = (
                {"monitor_exclude_gateway_list": ",".join(wanted["monitorExcludeLists"])} if wanted["enableMonitorGatewaySubnets"] else {}
            )
            client.call_post(f"{'enable' if watched else 'disable'}_monitor_gateway_subnets", gateway_name=name, **watched)
        if inputs.get("routeTables") is not None and differs("routeTables"):  # unset keeps what the Controller has
            client.call_post("edit_managed_route_tables", gateway_name=name, route_tables=",".join(sorted(wanted["routeTables"])))
        if differs("enableEncryptVolume"):
            client.call_post("encrypt_gateway_volume", gateway_name=name, customer_managed_keys=wanted.get("customerManagedKeys") or "")
        if "tunnelDetectionTime" in inputs and differs("tunnelDetectionTime"):
            client.call_post("modify_detection_time", entity=name, detection_time=wanted["tunnelDetectionTime"])
        if wanted["manageHaGateway"]:
            self._bring_standby(client, name, live, wanted)
        return {**self._read_gateway(client, name), "manageHaGateway": wanted["manageHaGateway"]}

    def _bring_standby(self, client: Client, name: str, live: Props, wanted: Props) -> None:
        """Create, resize or delete the HA gateway according to the inputs."""
        if (live["haSubnet"], live["haGwSize"]) == (wanted["haSubnet"], wanted["haGwSize"]):
            return
        if live["haSubnet"]:
            client.run_task("delete_container", cloud_type=1, gw_name=live["haGwName"])
        if wanted["haSubnet"]:
            place = {"gw_subnet": wanted["haSubnet"], "gw_size": wanted["haGwSize"]}
            client.run_task("create_multicloud_ha_gateway", primary_gw_name=name, ha_gw_name=f"{name}-hagw", insane_mode="no", **place)

    def _wait_for_line(self, client: Client, name: str) -> Props | None:
        """Return the gateway's line in the summary, after its launch."""
        deadline = time.monotonic() + 600
        while True:
            lines = [each for each in client.call_get("list_vpcs_summary", gateway_name=name) if each["vpc_name"] == name]
            if not lines:
                return None
            if lines[0].get("vpc_state") != "launching":
                return dict(lines[0])
            if time.monotonic() > deadline:
                raise RefusedError(f"gateway {name} has been launching for ten minutes. Check the Controller.")
            time.sleep(0.2)

    def _read_gateway(self, client: Client, name: str) -> Props:
        """Return the gateway with Pulumi's property names."""
        line = self._wait_for_line(client, name)
        if line is None:
            raise RefusedError(f"gateway {name} is not on the Controller")
        offloading = client.call_get("get_gro_gso_status", gateway_name=name)
        standby = line.get("hagw_details") or {}
        return self.add_id(
            name,
            **decode_line(line),
            enableGroGso="GRO/GSO is enabled" in offloading,
            haSubnet=standby.get("public_subnet", ""),
            haGwSize=standby.get("vpc_size", ""),
            haGwName=standby.get("vpc_name", ""),
            haPublicIp=standby.get("public_ip", ""),
            haPrivateIp=standby.get("private_ip", ""),
            haCloudInstanceId=standby.get("cloudn_gateway_inst_id", ""),
            haSecurityGroupId=standby.get("gw_security_group_id", ""),
        )

    def _refuse_foreign(self, call: Call, name: str, inputs: Props) -> None:
        """Refuse a gateway of this name that differs from the inputs."""
        live = self._read_gateway(self.get_client(call), name)
        keys = ("accountName", "vpcId", "vpcReg", "subnet", "gwSize", "enableEncryptVolume")
        other = [key for key in keys if not self.is_same(key, live[key], inputs.get(key, self.unless_set.get(key)))]
        if other:
            said = "; ".join(f"{key} is {live[key]}, not {inputs.get(key)}" for key in other)
            raise RefusedError(f"failed to create Aviatrix Spoke Gateway: {name} already exists and differs: {said}")

    def _refuse_not_simulated(self, inputs: Props) -> None:
        if there := [key for key in NOT_SIMULATED if inputs.get(key)]:
            raise UnservedError(f"the lab does not simulate spokeGateway.{there[0]}", fix="leave it out, or use AWS")
