"""EC2 Instance Connect endpoints, which moto lacks: SSH into a subnet without a public address, by an interface in it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, EC2_RESOURCE_TO_PREFIX
from moto.moto_api._internal import mock_random

Answer = dict[str, Any]
_ENDPOINTS: defaultdict[tuple[str, str], dict[str, Answer]] = defaultdict(dict)
EC2_RESOURCE_TO_PREFIX["instance-connect-endpoint"] = "eice"  # moto tags only ids with a registered prefix
EC2_PREFIX_TO_RESOURCE["eice"] = "instance-connect-endpoint"


def _get_endpoints(request: Any) -> dict[str, Answer]:
    return _ENDPOINTS[request.current_account, request.region]


def create_instance_connect_endpoint(request: Any) -> Answer:
    """Create an endpoint with its interface; AWS allows one per VPC."""
    backend, here = request.ec2_backend, _get_endpoints(request)
    subnet = backend.get_subnet(request._get_param("SubnetId"))  # noqa: SLF001
    if any(each["VpcId"] == subnet.vpc_id for each in here.values()):
        raise EC2ClientError("ResourceLimitExceeded", f"{subnet.vpc_id} has an Instance Connect endpoint")
    groups = request._get_param("SecurityGroupIds", [])  # noqa: SLF001
    groups = groups or [backend.get_security_group_by_name_or_id("default", vpc_id=subnet.vpc_id).id]
    ident = f"eice-{mock_random.get_random_hex(17)}"
    nic = backend.create_network_interface(subnet, None, group_ids=groups, description=f"EC2 Instance Connect Endpoint {ident}")
    nic.requester_managed, nic.status = True, "in-use"
    here[ident] = {
        "OwnerId": request.current_account,
        "InstanceConnectEndpointId": ident,
        "InstanceConnectEndpointArn": f"arn:aws:ec2:{request.region}:{request.current_account}:instance-connect-endpoint/{ident}",
        "State": "create-complete",
        "DnsName": f"{ident}.0a1b2c3d.ec2-instance-connect-endpoint.{request.region}.amazonaws.com",
        "NetworkInterfaceIds": [nic.id],
        "VpcId": subnet.vpc_id,
        "AvailabilityZone": subnet.availability_zone,
        "SubnetId": subnet.id,
        "PreserveClientIp": str(request._get_param("PreserveClientIp", False)).lower() == "true",  # noqa: SLF001
        "SecurityGroupIds": groups,
        "IpAddressType": request._get_param("IpAddressType") or "ipv4",  # noqa: SLF001
    }
    tags = [tag for spec in request._get_param("TagSpecifications", []) for tag in spec.get("Tags", [])]  # noqa: SLF001
    backend.create_tags([ident], {tag["Key"]: tag["Value"] for tag in tags})
    return {"InstanceConnectEndpoint": _add_tags(request, here[ident])}


def _add_tags(request: Any, endpoint: Answer) -> Answer:
    tags = request.ec2_backend.tags.get(endpoint["InstanceConnectEndpointId"], {})
    return {**endpoint, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def describe_instance_connect_endpoints(request: Any) -> Answer:
    """Return the requested endpoints, or all."""
    wanted = request._get_param("InstanceConnectEndpointIds", [])  # noqa: SLF001
    if missing := [ident for ident in wanted if ident not in _get_endpoints(request)]:
        raise EC2ClientError("InvalidInstanceConnectEndpointId.NotFound", f"{missing[0]} does not exist")
    found = [each for ident, each in _get_endpoints(request).items() if not wanted or ident in wanted]
    return {"InstanceConnectEndpoints": [_add_tags(request, each) for each in found]}


def delete_instance_connect_endpoint(request: Any) -> Answer:
    """Delete an endpoint and its interface."""
    ident = request._get_param("InstanceConnectEndpointId")  # noqa: SLF001
    if ident not in _get_endpoints(request):
        raise EC2ClientError("InvalidInstanceConnectEndpointId.NotFound", f"{ident} does not exist")
    gone = _get_endpoints(request).pop(ident)
    for nic in gone["NetworkInterfaceIds"]:
        request.ec2_backend.delete_network_interface(nic)
    request.ec2_backend.tags.pop(ident, None)
    return {"InstanceConnectEndpoint": {**gone, "State": "delete-complete"}}
