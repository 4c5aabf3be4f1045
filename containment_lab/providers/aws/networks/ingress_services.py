"""Ingress to a subnet without a public address on the host: load balancers and Instance Connect."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment_lab.providers.aws.resource import Resource, ServiceTaggedResource, decode_tags, dig, map_names, split_words
from containment_lab.providers.handler import Call, Props


class InstanceConnectEndpoint(Resource):
    """An EC2 Instance Connect endpoint: shells and tunnels to private hosts for principals that IAM permits."""

    token = "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint"
    sets = frozenset({"securityGroupIds"})
    kind = "InstanceConnectEndpoint"
    send = map_names("subnetId securityGroupIds preserveClientIp ipAddressType")
    show = map_names(
        "subnetId securityGroupIds preserveClientIp ipAddressType vpcId ownerId dnsName availabilityZone networkInterfaceIds",
        arn="InstanceConnectEndpointArn",
    )
    arn = ""  # AWS returns it


class _BalancingResource(ServiceTaggedResource):
    """An object that Elastic Load Balancing identifies and tags by ARN."""

    service = "elbv2"
    names = {
        "create_call": "create_{words}",
        "made": "{kind}s.0.{kind}Arn",
        "find_call": "describe_{words}s",
        "find_by": "{kind}Arns",
        "found": "{kind}s.0",
        "delete_call": "delete_{words}",
        "id_arg": "{kind}Arn",
    }
    tags_at_create = True
    untag_call, tag_call = "remove_tags", "add_tags"

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags by ARN."""
        answer = self.call_aws(call, {"region": ident.split(":")[3]}, "describe_tags", ResourceArns=[ident])
        return decode_tags(dig(answer, "TagDescriptions.0.Tags"))

    def name_tagged(self, ident: str, live: Props) -> Props:  # noqa: ARG002
        """Return its ARN in a list."""
        return {"ResourceArns": [ident]}


class LoadBalancer(_BalancingResource):
    """A load balancer: reachable from the internet unless it is internal."""

    token = "aws:lb/loadBalancer:LoadBalancer"
    autoname = "name"
    defaults = {"loadBalancerType": "application", "enableDeletionProtection": False}
    sets = frozenset({"subnets", "securityGroups"})
    kind = "LoadBalancer"
    send = map_names("name subnets securityGroups ipAddressType", loadBalancerType="Type")
    show = map_names("securityGroups vpcId ipAddressType", name="LoadBalancerName", arn="LoadBalancerArn", loadBalancerType="Type")
    also = frozenset({"internal"})
    also_in_place = split_words("subnets securityGroups")

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send AWS's `Scheme` for `internal`."""
        return super().create_args(call, inputs) | {"Scheme": "internal" if inputs.get("internal") else "internet-facing"}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add scheme, subnets and names."""
        out = super().build_outputs(call, ident, thing, state)
        out |= {"internal": thing["Scheme"] == "internal", "subnets": sorted(each["SubnetId"] for each in thing["AvailabilityZones"])}
        return out | {"dnsName": thing["DNSName"], "zoneId": thing["CanonicalHostedZoneId"], "arnSuffix": ident.split(":loadbalancer/")[-1]}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change its subnets or groups."""
        for key, method, argument in (("subnets", "set_subnets", "Subnets"), ("securityGroups", "set_security_groups", "SecurityGroups")):
            if inputs.get(key) is not None and not self.is_same(key, live.get(key), inputs[key]):
                self.call_aws(call, inputs, method, LoadBalancerArn=ident, **{argument: inputs[key]})


class TargetGroup(_BalancingResource):
    """A group of targets."""

    token = "aws:lb/targetGroup:TargetGroup"
    autoname = "name"
    defaults = {"targetType": "instance"}
    kind = "TargetGroup"
    send = map_names("name port protocol protocolVersion vpcId targetType")
    show = map_names("port protocol vpcId targetType", name="TargetGroupName", arn="TargetGroupArn", loadBalancerArns="LoadBalancerArns")


class TargetAttachment(Resource):
    """A target of a group: an instance, an address or another load balancer."""

    service = "elbv2"
    token = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    also = split_words("targetGroupArn targetId port availabilityZone")
    show = {"targetGroupArn": "targetGroupArn", "targetId": "targetId", "port": "port", "availabilityZone": "availabilityZone"}

    def make(self, call: Call, inputs: Props) -> str:
        """Register the target."""
        self.call_aws(call, inputs, "register_targets", TargetGroupArn=inputs["targetGroupArn"], Targets=[_encode_target(inputs)])
        return f"{inputs['targetGroupArn']}-{inputs['targetId']}"

    def find(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Return the target if the group has it."""
        if not state.get("targetGroupArn"):
            return None
        health = self.try_call(lambda: self.call_aws(call, state, "describe_target_health", TargetGroupArn=state["targetGroupArn"])) or {}
        there = any(each["Target"]["Id"] == state["targetId"] for each in health.get("TargetHealthDescriptions", ()))
        return {key: state[key] for key in self.show if state.get(key) is not None} if there else None

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Deregister the target."""
        self.call_aws(call, state, "deregister_targets", TargetGroupArn=state["targetGroupArn"], Targets=[_encode_target(state)])


def _encode_target(inputs: Props) -> Props:
    out: Props = {"Id": inputs["targetId"]} | ({"Port": int(inputs["port"])} if inputs.get("port") else {})
    return out | ({"AvailabilityZone": inputs["availabilityZone"]} if inputs.get("availabilityZone") else {})


TYPES = (InstanceConnectEndpoint, LoadBalancer, TargetGroup, TargetAttachment)
