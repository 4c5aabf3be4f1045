"""Conversion of a spoke gateway between Pulumi and the API: the create call's form, and a line of `list_vpcs_summary`."""

from __future__ import annotations

import json
from typing import Any

from containment_lab.providers.handler import Props

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
