"""Ways into a subnet that need no public address on the host: load balancers, Instance Connect; and the account's block on gateways."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment.lab.providers.aws.resource import ACCOUNT, Resource, dig, names, tag_list, tag_map, words
from containment.lab.providers.aws.shapes import from_aws, to_aws
from containment.lab.providers.handler import Call, Props


class InstanceConnectEndpoint(Resource):
    """An EC2 Instance Connect endpoint: shells and tunnels to private hosts for whoever IAM lets."""

    token = "aws:ec2transitgateway/instanceConnectEndpoint:InstanceConnectEndpoint"
    sets = frozenset({"securityGroupIds"})
    create_call, made = "create_instance_connect_endpoint", "InstanceConnectEndpoint.InstanceConnectEndpointId"
    find_call, find_by, found = "describe_instance_connect_endpoints", "InstanceConnectEndpointIds", "InstanceConnectEndpoints.0"
    delete_call, id_arg = "delete_instance_connect_endpoint", "InstanceConnectEndpointId"
    send = names("subnetId securityGroupIds preserveClientIp ipAddressType")
    show = names(
        "subnetId securityGroupIds preserveClientIp ipAddressType vpcId ownerId dnsName availabilityZone networkInterfaceIds",
        arn="InstanceConnectEndpointArn",
    )
    tagged = "instance-connect-endpoint"


class _Balancing(Resource):
    """What Elastic Load Balancing knows by ARN, and tags by ARN."""

    service = "elbv2"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Tags are a plain list."""
        args = super().create_args(call, inputs)
        return args | ({"Tags": tag_list(inputs["tags"])} if inputs.get("tags") else {})

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Ask for them."""
        answer = self.ask(call, {"region": ident.split(":")[3]}, "describe_tags", ResourceArns=[ident])
        return tag_map(dig(answer, "TagDescriptions.0.Tags"))

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:
        """Change them."""
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, "remove_tags", ResourceArns=[ident], TagKeys=dropped)
        if new:
            self.ask(call, live, "add_tags", ResourceArns=[ident], Tags=tag_list(new))


class LoadBalancer(_Balancing):
    """A load balancer: reachable from the internet unless it is internal."""

    token = "aws:lb/loadBalancer:LoadBalancer"
    autoname = "name"
    defaults = {"loadBalancerType": "application", "enableDeletionProtection": False}
    sets = frozenset({"subnets", "securityGroups"})
    create_call, made = "create_load_balancer", "LoadBalancers.0.LoadBalancerArn"
    find_call, find_by, found = "describe_load_balancers", "LoadBalancerArns", "LoadBalancers.0"
    delete_call, id_arg = "delete_load_balancer", "LoadBalancerArn"
    send = names("name subnets securityGroups ipAddressType", loadBalancerType="Type")
    show = names("securityGroups vpcId ipAddressType", name="LoadBalancerName", arn="LoadBalancerArn", loadBalancerType="Type")
    also = frozenset({"internal"})
    also_in_place = words("subnets securityGroups")

    def create_args(self, call: Call, inputs: Props) -> Props:
        """AWS has a word for where it can be reached from."""
        return super().create_args(call, inputs) | {"Scheme": "internal" if inputs.get("internal") else "internet-facing"}

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add scheme, subnets and names."""
        out = super().props(call, ident, thing, state)
        out |= {"internal": thing["Scheme"] == "internal", "subnets": sorted(each["SubnetId"] for each in thing["AvailabilityZones"])}
        return out | {"dnsName": thing["DNSName"], "zoneId": thing["CanonicalHostedZoneId"], "arnSuffix": ident.split(":loadbalancer/")[-1]}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Move it to other subnets or groups."""
        for key, method, argument in (
            ("subnets", "set_subnets", "Subnets"),
            ("securityGroups", "set_security_groups", "SecurityGroups"),
        ):
            if inputs.get(key) is not None and not self.same(key, live.get(key), inputs[key]):
                self.ask(call, inputs, method, LoadBalancerArn=ident, **{argument: inputs[key]})


class TargetGroup(_Balancing):
    """A group of targets."""

    token = "aws:lb/targetGroup:TargetGroup"
    autoname = "name"
    defaults = {"targetType": "instance"}
    create_call, made = "create_target_group", "TargetGroups.0.TargetGroupArn"
    find_call, find_by, found = "describe_target_groups", "TargetGroupArns", "TargetGroups.0"
    delete_call, id_arg = "delete_target_group", "TargetGroupArn"
    send = names("name port protocol protocolVersion vpcId targetType")
    show = names("port protocol vpcId targetType", name="TargetGroupName", arn="TargetGroupArn", loadBalancerArns="LoadBalancerArns")


class Attachment(Resource):
    """A target of a group: an instance, an address or another load balancer."""

    service = "elbv2"
    token = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
    also = words("targetGroupArn targetId port availabilityZone")
    show = {"targetGroupArn": "targetGroupArn", "targetId": "targetId", "port": "port", "availabilityZone": "availabilityZone"}

    def make(self, call: Call, inputs: Props) -> str:
        """Register it."""
        self.ask(call, inputs, "register_targets", TargetGroupArn=inputs["targetGroupArn"], Targets=[_target(inputs)])
        ident = f"{inputs['targetGroupArn']}-{inputs['targetId']}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:  # noqa: ARG002
        """Look among the group's targets."""
        if not state.get("targetGroupArn"):
            return None
        health = self.quietly(lambda: self.ask(call, state, "describe_target_health", TargetGroupArn=state["targetGroupArn"])) or {}
        there = any(each["Target"]["Id"] == state["targetId"] for each in health.get("TargetHealthDescriptions", ()))
        return {key: state[key] for key in self.show if state.get(key) is not None} if there else None

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Deregister it."""
        if self.find(call, ident, state):
            self.ask(call, state, "deregister_targets", TargetGroupArn=state["targetGroupArn"], Targets=[_target(state)])


def _target(inputs: Props) -> Props:
    out: Props = {"Id": inputs["targetId"]} | ({"Port": int(inputs["port"])} if inputs.get("port") else {})
    return out | ({"AvailabilityZone": inputs["availabilityZone"]} if inputs.get("availabilityZone") else {})


class Listener(_Balancing):
    """A port of a load balancer and the groups it forwards to."""

    token = "aws:lb/listener:Listener"
    create_call, made = "create_listener", "Listeners.0.ListenerArn"
    find_call, find_by, found = "describe_listeners", "ListenerArns", "Listeners.0"
    delete_call, id_arg = "delete_listener", "ListenerArn"
    send = names("loadBalancerArn port protocol sslPolicy")
    show = names("loadBalancerArn port protocol sslPolicy", arn="ListenerArn")
    also = frozenset({"defaultActions", "certificateArn"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Actions have the same shape in both."""
        args = super().create_args(call, inputs) | {"DefaultActions": to_aws(inputs["defaultActions"])}
        return args | ({"Certificates": [{"CertificateArn": inputs["certificateArn"]}]} if inputs.get("certificateArn") else {})

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the actions, without the numbers AWS gives them."""
        actions = [{key: value for key, value in each.items() if key != "order"} for each in from_aws(thing["DefaultActions"])]
        certificate = dig(thing, "Certificates.0.CertificateArn")
        return super().props(call, ident, thing, state) | {"defaultActions": actions, "certificateArn": certificate}


class BlockPublicAccess(Resource):
    """The account's block on internet gateways in a region; deleting it lifts it."""

    token = "aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions"
    also_in_place = frozenset({"internetGatewayBlockMode"})
    show = names("internetGatewayBlockMode awsAccountId awsRegion")

    def make(self, call: Call, inputs: Props) -> str:
        """Set it."""
        self._set(call, inputs, inputs["internetGatewayBlockMode"])
        ident = self.region(call, inputs)
        call.claim(ident)
        return ident

    def _set(self, call: Call, inputs: Props, mode: str) -> None:
        self.ask(call, inputs, "modify_vpc_block_public_access_options", InternetGatewayBlockMode=mode)

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """It is there unless it is off."""
        options: Props = self.ask(call, {**state, "region": ident}, "describe_vpc_block_public_access_options")[
            "VpcBlockPublicAccessOptions"
        ]
        return None if options["InternetGatewayBlockMode"] == "off" else options | {"AwsAccountId": ACCOUNT}

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set it again."""
        if live["internetGatewayBlockMode"] != inputs["internetGatewayBlockMode"]:
            self._set(call, inputs, inputs["internetGatewayBlockMode"])

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Lift it."""
        self._set(call, {**state, "region": ident}, "off")


TYPES = (InstanceConnectEndpoint, LoadBalancer, TargetGroup, Attachment, Listener, BlockPublicAccess)
