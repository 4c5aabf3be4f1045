"""VPC endpoints, their policies and their route tables."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import json

from containment_lab.providers.aws.resource import Resource, dig, map_names
from containment_lab.providers.handler import Call, Props

_OPEN = {"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
_MEMBERS = {"subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds", "routeTableIds": "RouteTableIds"}


class VpcEndpoint(Resource):
    """An interface or gateway endpoint."""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    defaults = {"vpcEndpointType": "Gateway"}
    sets = frozenset(_MEMBERS)
    documents = frozenset({"policy"})
    kind = "VpcEndpoint"
    delete_call, id_arg = "delete_vpc_endpoints", "VpcEndpointIds"
    send = map_names("vpcId serviceName vpcEndpointType privateDnsEnabled", policy="PolicyDocument", **_MEMBERS)
    show = map_names(
        "vpcId serviceName vpcEndpointType privateDnsEnabled state ownerId subnetIds routeTableIds networkInterfaceIds",
        policy="PolicyDocument",
    )
    also_in_place = frozenset({*_MEMBERS, "policy", "privateDnsEnabled"})
    idle = Resource.idle | {"autoAccept", "ipAddressType", "dnsOptions"}

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the policy as text."""
        args = super().create_args(call, inputs)
        return {key: value for key, value in args.items() if value not in ("", [])}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add groups, names and the prefix list of a gateway endpoint."""
        out = super().build_outputs(call, ident, thing, state)
        out["securityGroupIds"] = sorted(each["GroupId"] for each in thing.get("Groups", ()))
        out["dnsEntries"] = [{"dnsName": each["DnsName"], "hostedZoneId": each["HostedZoneId"]} for each in thing.get("DnsEntries", ())]
        out["requesterManaged"] = False
        if thing["VpcEndpointType"] == "Gateway":
            lists = self.call_aws(call, state, "describe_prefix_lists")["PrefixLists"]
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
        if inputs.get("policy") and not self.is_same("policy", inputs["policy"], live.get("policy")):
            args["PolicyDocument"] = inputs["policy"]
        if inputs.get("privateDnsEnabled") is not None and bool(inputs["privateDnsEnabled"]) != bool(live.get("privateDnsEnabled")):
            args["PrivateDnsEnabled"] = bool(inputs["privateDnsEnabled"])
        if args:
            self.call_aws(call, inputs, "modify_vpc_endpoint", VpcEndpointId=ident, **args)


class VpcEndpointPolicy(Resource):
    """An endpoint's policy as a separate resource; deletion opens the endpoint again, as in AWS."""

    token = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
    documents = frozenset({"policy"})
    also = frozenset({"vpcEndpointId"})
    also_in_place = frozenset({"policy"})
    find_call, find_by, found = "describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints.0"
    show = map_names("vpcEndpointId", policy="PolicyDocument")

    def make(self, call: Call, inputs: Props) -> str:
        """Set the policy."""
        ident = str(inputs["vpcEndpointId"])
        self.modify(call, ident, {}, inputs)
        return ident

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Set the policy again."""
        if not self.is_same("policy", live.get("policy"), inputs.get("policy")):
            policy = inputs.get("policy") or json.dumps(_OPEN)
            self.call_aws(call, inputs, "modify_vpc_endpoint", VpcEndpointId=ident, PolicyDocument=policy)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Return to AWS's own open policy."""
        self.call_aws(call, state, "modify_vpc_endpoint", VpcEndpointId=ident, PolicyDocument=json.dumps(_OPEN))


class EndpointRouteTable(Resource):
    """One route table of a gateway endpoint."""

    token = "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation"
    also = frozenset({"vpcEndpointId", "routeTableId"})

    def make(self, call: Call, inputs: Props) -> str:
        """Add the route table to the endpoint."""
        args = {"AddRouteTableIds": [inputs["routeTableId"]]}
        self.call_aws(call, inputs, "modify_vpc_endpoint", VpcEndpointId=inputs["vpcEndpointId"], **args)
        return f"a-{inputs['vpcEndpointId']}/{inputs['routeTableId']}"

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the endpoint if it has the route table."""
        endpoint, member = ident.removeprefix("a-").split("/")
        answer = self.try_call(lambda: self.call_aws(call, state, "describe_vpc_endpoints", VpcEndpointIds=[endpoint]))
        members = dig(answer or {}, "VpcEndpoints.0.RouteTableIds") or ()
        return {"vpcEndpointId": endpoint, "routeTableId": member} if member in members else None

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Return the outputs, which are only the two ids."""
        return super().build_outputs(call, ident, thing, state) | thing

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Remove the route table from the endpoint."""
        args = {"RemoveRouteTableIds": [thing["routeTableId"]]}
        self.call_aws(call, state, "modify_vpc_endpoint", VpcEndpointId=thing["vpcEndpointId"], **args)


TYPES = (VpcEndpoint, VpcEndpointPolicy, EndpointRouteTable)
