"""Everything that stands in the lab's AWS and on its Controller, as plain data that can be compared.

Read with boto3 and HTTPS alone. Terminated instances are left out: AWS shows them for an hour, and they are nothing.
"""

from __future__ import annotations

from typing import Any

from tests.deployment.lab import Lab

EC2 = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_route_tables": "RouteTables",
    "describe_internet_gateways": "InternetGateways",
    "describe_nat_gateways": "NatGateways",
    "describe_egress_only_internet_gateways": "EgressOnlyInternetGateways",
    "describe_security_groups": "SecurityGroups",
    "describe_network_acls": "NetworkAcls",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_addresses": "Addresses",
    "describe_vpc_endpoints": "VpcEndpoints",
    "describe_flow_logs": "FlowLogs",
    "describe_volumes": "Volumes",
    "describe_launch_templates": "LaunchTemplates",
    "describe_vpc_peering_connections": "VpcPeeringConnections",
    "describe_dhcp_options": "DhcpOptions",
    "describe_key_pairs": "KeyPairs",
}
GONE = {"deleted", "terminated", "deleting"}


def _standing(item: dict[str, Any]) -> bool:
    state = item.get("State") or item.get("Status")
    return (state.get("Name") or state.get("Code") if isinstance(state, dict) else state) not in GONE


def aws_inventory(lab: Lab) -> dict[str, list[str]]:
    """Return service call -> sorted descriptions of what stands."""
    ec2, iam, logs = lab.aws("ec2"), lab.aws("iam"), lab.aws("logs")
    out = {call: [item for item in getattr(ec2, call)()[key] if _standing(item)] for call, key in EC2.items()}
    reservations = ec2.describe_instances()["Reservations"]
    out["instances"] = [item for reservation in reservations for item in reservation["Instances"] if _standing(item)]
    out["roles"] = iam.list_roles()["Roles"]
    out["profiles"] = iam.list_instance_profiles()["InstanceProfiles"]
    out["policies"] = iam.list_policies(Scope="Local")["Policies"]
    out["log_groups"] = logs.describe_log_groups()["logGroups"]
    out["buckets"] = lab.aws("s3").list_buckets()["Buckets"]
    aliases = lab.aws("kms").list_aliases()["Aliases"]
    managed = {alias.get("TargetKeyId") for alias in aliases if alias["AliasName"].startswith("alias/aws/")}  # AWS's own, made at first use
    out["keys"] = [key for key in lab.aws("kms").list_keys()["Keys"] if key["KeyId"] not in managed]
    out["parameters"] = lab.aws("ssm").describe_parameters()["Parameters"]
    return {call: sorted(repr(sorted(item.items())) for item in items) for call, items in out.items()}


def controller_inventory(lab: Lab) -> dict[str, Any]:
    """Return what stands on the Controller, without what is only history (finished tasks, the log of route changes)."""
    held = lab.controller()
    return {
        "dcf": held["features"]["microseg"],
        "default_action": {key: held["default_action"][key] for key in ("action", "logging")},
        **{
            key: held[key]
            for key in (
                "app_domains",
                "policy_list",
                "rulesets",
                "groups",
                "attachment_points",
                "tls_profiles",
                "gateways",
                "syslog",
                "copilot",
            )
        },
    }
