"""Seed 001's resource table, read back: network, host, endpoints, gateway."""

from __future__ import annotations

import base64

from tests.deployment.seed.read_back import Deployed, Row

NETWORK = "Dedicated VPC with a private agent subnet, a public gateway subnet for Aviatrix, route tables, and VPC Flow Logs to CloudWatch."
HOST = (
    "EC2 VM for OpenClaw/Hermes/NemoClaw \N{EN DASH} no public IP, least-privilege instance profile, encrypted root volume, "
    "IMDSv2 required."
)
ENDPOINTS = (
    "Interface endpoints for `ssm`, `ssmmessages`, `ec2messages`, plus CloudWatch Logs and STS endpoints for private operation; "
    "optional S3 gateway endpoint."
)
GATEWAY = "Attached to the VPC via `terraform-aviatrix-modules/mc-spoke`. The agent subnet default route points to the gateway."
OBJECTS = (
    "SmartGroups for agent subnet and destinations; WebGroups for approved FQDN sets; an ordered DCF policy list and a "
    "`POST_RULES` default action."
)
INSERTION = (
    "The private agent host has no public IP and no direct internet route. SSM Session Manager replaces public SSH. The subnet default "
    "route sends 0.0.0.0/0 to the Aviatrix Spoke Gateway, which becomes the transparent egress enforcement point."
)


def flow_logged(d: Deployed) -> bool:
    logs = d.ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [d.vpc["VpcId"]]}])["FlowLogs"]
    groups = {group["logGroupName"] for group in d.lab.aws("logs").describe_log_groups()["logGroups"]}
    return len(logs) == 1 and logs[0]["TrafficType"] == "ALL" and logs[0]["LogGroupName"] in groups


def least_privilege(d: Deployed) -> bool:
    iam = d.lab.aws("iam")
    profile = d.host["IamInstanceProfile"]["Arn"].rsplit("/", 1)[1]
    role = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"]
    allowed = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                allowed |= set(actions if isinstance(actions, list) else [actions])
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    services = {action.split(":")[0] for action in allowed}
    return not attached and bool(allowed) and services <= {"ssm", "ssmmessages", "ec2messages", "logs", "ecr", "s3"} and "*" not in allowed


def encrypted_root(d: Deployed) -> bool:
    volumes = [mapping["Ebs"]["VolumeId"] for mapping in d.host["BlockDeviceMappings"]]
    return bool(volumes) and all(volume["Encrypted"] for volume in d.ec2.describe_volumes(VolumeIds=volumes)["Volumes"])


def interface_services(d: Deployed) -> set[str]:
    found = d.ec2.describe_vpc_endpoints(Filters=d.in_vpc)["VpcEndpoints"]
    assert all(endpoint["PrivateDnsEnabled"] for endpoint in found if endpoint["VpcEndpointType"] == "Interface")
    return {endpoint["ServiceName"].removeprefix("com.amazonaws.us-east-1.") for endpoint in found}


def default_route_to_gateway(d: Deployed) -> bool:
    default = [route for route in d.routes("agent") if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return [route.get("NetworkInterfaceId") for route in default] == [d.gateway["interface"]]


def no_other_way_out(d: Deployed) -> bool:
    """The agent's routes are local, the gateway's interface and gateway endpoints: nothing else."""
    ways = {
        next((key for key in ("NetworkInterfaceId", "GatewayId", "NatGatewayId") if route.get(key)), "?") for route in d.routes("agent")
    }
    targets = {route.get("GatewayId", "")[:5] for route in d.routes("agent") if route.get("GatewayId")}
    return ways <= {"NetworkInterfaceId", "GatewayId"} and targets <= {"local", "vpce-"}


def user_data(d: Deployed) -> str:
    attribute = d.ec2.describe_instance_attribute(InstanceId=d.host["InstanceId"], Attribute="userData")
    return base64.b64decode(attribute["UserData"]["Value"]).decode()


ROWS = (
    Row(NETWORK, lambda d: [s["MapPublicIpOnLaunch"] for s in d.subnets("agent")] == [False]),
    Row(NETWORK, lambda d: [r["GatewayId"][:4] for r in d.routes("gateway") if r.get("DestinationCidrBlock") == "0.0.0.0/0"] == ["igw-"]),
    Row(NETWORK, flow_logged),
    Row(HOST, lambda d: "PublicIpAddress" not in d.host and d.host.get("KeyName") is None),
    Row(HOST, least_privilege),
    Row(HOST, encrypted_root),
    Row(
        HOST,
        lambda d: (d.host["MetadataOptions"]["HttpTokens"], d.host["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("required", 1),
    ),
    Row(ENDPOINTS, lambda d: interface_services(d) >= {"ssm", "ssmmessages", "ec2messages", "logs", "sts", "s3"}),
    Row(GATEWAY, default_route_to_gateway),
    Row(OBJECTS, lambda d: (d.inventory["default_action"]["action"], d.inventory["default_action"]["logging"]) == ("DENY", True)),
    Row(OBJECTS, lambda d: len(d.rules) >= 12 and len(d.groups) >= 8),
    Row(INSERTION, no_other_way_out),
)
