"""VPC endpoints, their policies and their route tables."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import json

from containment.lab.providers.aws.resource import Resource, dig, names
from containment.lab.providers.handler import Call, Props

_OPEN = {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
_MEMBERS = {"subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds", "routeTableIds": "RouteTableIds"}


class VpcEndpoint(Resource):
    """An interface or gateway endpoint."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    defaults = {"vpcEndpointType": "Gateway"}
    sets = frozenset(_MEMBERS)
    documents = frozenset({"policy"})
    create_call, made = "create_vpc_endpoint", "VpcEndpoint.VpcEndpointId"
    find_call, find_by, found = "describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints.0"
    delete_call, id_arg = "delete_vpc_endpoints", "VpcEndpointIds"
    send = names("vpcId serviceName vpcEndpointType privateDnsEnabled", policy="PolicyDocument", **_MEMBERS)
    show = names(
        "vpcId serviceName vpcEndpointType privateDnsEnabled state ownerId subnetIds routeTableIds networkInterfaceIds",
        policy="PolicyDocument",
    )
    also_in_place = frozenset({*_MEMBERS, "policy", "privateDnsEnabled"})
    idle = Resource.idle | {"autoAccept", "ipAddressType", "dnsOptions"}
    tagged, arn = "vpc-endpoint", "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """A policy is sent as text."""
        args = super().create_args(call, inputs)
        return {key: value for key, value in args.items() if value not in ("", [])}

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add groups, names and the prefix list that a gateway endpoint routes."""
        out = super().props(call, ident, thing, state)
        out["securityGroupIds"] = sorted(each["GroupId"] for each in thing.get("Groups", ()))
        out["dnsEntries"] = [{"dnsName": each["DnsName"], "hostedZoneId": each["HostedZoneId"]} for each in thing.get("DnsEntries", ())]
        out["requesterManaged"] = False
        if thing["VpcEndpointType"] == "Gateway":
            lists = self.ask(call, state, "describe_prefix_lists")["PrefixLists"]
            mine: Props = next((each for each in lists if each["PrefixListName"] == thing["ServiceName"]), {})
            out["prefixListId"], out["cidrBlocks"] = mine.get("PrefixListId"), mine.get("Cidrs", [])
        return out

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change members, policy and private names in one call."""
        args: Props = {}
        for key, aws in _MEMBERS.items():
            if inputs.get(key) is not None:
                add, drop = set(inputs[key]) - set(live.get(key) or ()), set(live.get(key) or ()) - set(inputs[key])
                args |= {f"Add{aws}": sorted(add)} if add else {}
                args |= {f"Remove{aws}": sorted(drop)} if drop else {}
        if inputs.get("policy") and not self.same("policy", inputs["policy"], live.get("policy")):
            args["PolicyDocument"] = inputs["policy"]
        if inputs.get("privateDnsEnabled") is not None and bool(inputs["privateDnsEnabled"]) != bool(live.get("privateDnsEnabled")):
            args["PrivateDnsEnabled"] = bool(inputs["privateDnsEnabled"])
        if args:
            self.ask(call, inputs, "modify_vpc_endpoint", VpcEndpointId=ident, **args)


class VpcEndpointPolicy(Resource):
    """An endpoint's policy as a resource of its own; deleting it opens the endpoint again, as AWS does."""

    token = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
    documents = frozenset({"policy"})
    also = frozenset({"vpcEndpointId"})
    also_in_place = frozenset({"policy"})
    find_call, find_by, found = "describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints.0"
    show = names("vpcEndpointId", policy="PolicyDocument")

    def make(self, call: Call, inputs: Props) -> str:
        """Set it."""
        ident = str(inputs["vpcEndpointId"])
        self.modify(call, ident, {}, inputs)
        call.claim(ident)
        return ident

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Set it again."""
        if not self.same("policy", live.get("policy"), inputs.get("policy")):
            policy = inputs.get("policy") or json.dumps(_OPEN)
            self.ask(call, inputs, "modify_vpc_endpoint", VpcEndpointId=ident, PolicyDocument=policy)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Back to AWS's own open policy."""
        if self.find(call, ident, state):
            self.ask(call, state, "modify_vpc_endpoint", VpcEndpointId=ident, PolicyDocument=json.dumps(_OPEN))


class _Member(Resource):
    """One route table or subnet of an endpoint."""

    member, aws = "", ""

    def make(self, call: Call, inputs: Props) -> str:
        """Add it."""
        args = {f"Add{self.aws}": [inputs[self.member]]}
        self.ask(call, inputs, "modify_vpc_endpoint", VpcEndpointId=inputs["vpcEndpointId"], **args)
        ident = f"a-{inputs['vpcEndpointId']}/{inputs[self.member]}"
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look at the endpoint."""
        endpoint, member = ident.removeprefix("a-").split("/")
        answer = self.quietly(lambda: self.ask(call, state, "describe_vpc_endpoints", VpcEndpointIds=[endpoint]))
        members = dig(answer or {}, f"VpcEndpoints.0.{self.aws}") or ()
        return {"vpcEndpointId": endpoint, self.member: member} if member in members else None

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """It is its two ids."""
        return super().props(call, ident, thing, state) | thing

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Remove it."""
        if thing := self.find(call, ident, state):
            args = {f"Remove{self.aws}": [thing[self.member]]}
            self.ask(call, state, "modify_vpc_endpoint", VpcEndpointId=thing["vpcEndpointId"], **args)


class EndpointRouteTable(_Member):
    """A gateway endpoint's route table."""

    token = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
    member, aws = "routeTableId", "RouteTableIds"
    also = frozenset({"vpcEndpointId", "routeTableId"})


class EndpointSubnet(_Member):
    """An interface endpoint's subnet."""

    token = "aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation"
    member, aws = "subnetId", "SubnetIds"
    also = frozenset({"vpcEndpointId", "subnetId"})


TYPES = (VpcEndpoint, VpcEndpointPolicy, EndpointRouteTable, EndpointSubnet)
