"""Route 53 Resolver: query logging, forwarding rules, and the endpoints they forward through."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import secrets

from containment_lab.providers.aws.resource import Resource, ServiceTaggedResource, decode_tags, map_names
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws
from containment_lab.providers.handler import Call, Props


class _ResolverType(Resource):
    """A type of the resolver, which names its calls alike."""

    service = "route53resolver"
    names = {
        "create_call": "create_{words}",
        "made": "{kind}.Id",
        "find_call": "get_{words}",
        "find_by": "{kind}Id",
        "found": "{kind}",
        "delete_call": "delete_{words}",
        "id_arg": "{kind}Id",
    }


class ResolverResource(_ResolverType, ServiceTaggedResource):
    """An object that the resolver creates by a request id and tags by ARN."""

    autoname = "name"
    tags_at_create = True

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send a request id, which is the same in a repetition."""
        return super().create_args(call, inputs) | {"CreatorRequestId": call.once or secrets.token_hex(16)}

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags by ARN, as the resolver requires."""
        region = {"region": thing["Arn"].split(":")[3]}
        return decode_tags(self.call_aws(call, region, "list_tags_for_resource", ResourceArn=thing["Arn"])["Tags"])

    def name_tagged(self, ident: str, live: Props) -> Props:  # noqa: ARG002
        """Return its ARN."""
        return {"ResourceArn": live["arn"]}


class QueryLogConfig(ResolverResource):
    """The destination of VPCs' query logs."""

    token = "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig"
    kind = "ResolverQueryLogConfig"
    send = map_names("name destinationArn")
    show = map_names("name destinationArn arn ownerId shareStatus")


class QueryLogConfigAssociation(_ResolverType):
    """A VPC whose queries are logged."""

    token = "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation"
    kind, create_call = "ResolverQueryLogConfigAssociation", "associate_resolver_query_log_config"
    delete_call, delete_by = "disassociate_resolver_query_log_config", ("ResolverQueryLogConfigId", "ResourceId")
    send = show = map_names("resolverQueryLogConfigId resourceId")


class ResolverEndpoint(ResolverResource):
    """A resolver endpoint, inbound or outbound; its addresses cannot be changed here."""

    token = "aws:route53/resolverEndpoint:ResolverEndpoint"
    sets = frozenset({"ipAddresses", "securityGroupIds"})
    kind = "ResolverEndpoint"
    send = map_names("name direction securityGroupIds")
    show = map_names("name direction securityGroupIds arn", hostVpcId="HostVPCId")
    also = frozenset({"ipAddresses"})
    idle = Resource.idle | {"resolverEndpointType", "protocols"}
    in_place = {"name": ("update_resolver_endpoint", lambda value: {"Name": value})}

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the addresses; an unset one is the subnet's next."""
        addresses = [{key: each[key] for key in ("subnetId", "ip") if each.get(key)} for each in inputs["ipAddresses"]]
        return super().create_args(call, inputs) | {"IpAddresses": convert_to_aws(addresses)}

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the addresses; those that the program leaves unset are left out, as they are no drift."""
        listed = self.call_aws(call, state, "list_resolver_endpoint_ip_addresses", ResolverEndpointId=ident)["IpAddresses"]
        live = [{"subnetId": each["SubnetId"], "ip": each["Ip"], "ipId": each["IpId"]} for each in listed]
        given = state.get("ipAddresses") or []
        matched = {each["subnetId"]: given_ip for each in given for given_ip in [each.get("ip")]}
        shown = [
            {key: value for key, value in each.items() if key == "subnetId" or (key == "ip" and matched.get(each["subnetId"]))}
            for each in live
        ]
        return super().build_outputs(call, ident, thing, state) | {"ipAddresses": shown if given else live}


class ResolverRule(ResolverResource):
    """A forwarding rule: the servers that resolve a domain."""

    token = "aws:route53/resolverRule:ResolverRule"
    sets = frozenset({"targetIps"})
    kind = "ResolverRule"
    send = map_names("name domainName ruleType resolverEndpointId")
    show = map_names("name ruleType resolverEndpointId arn ownerId shareStatus")
    also_in_place = frozenset({"name", "targetIps", "resolverEndpointId"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send the targets; an unset port is 53."""
        args = super().create_args(call, inputs)
        return args | ({"TargetIps": _encode_targets(inputs)} if inputs.get("targetIps") else {})

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the domain in the form of the inputs: AWS adds the last dot."""
        out = super().build_outputs(call, ident, thing, state)
        domain, given = thing["DomainName"], state.get("domainName") or ""
        out["domainName"] = given if given.rstrip(".") == domain.rstrip(".") else domain.rstrip(".") or "."
        out["targetIps"] = convert_from_aws(thing.get("TargetIps") or [])
        return out

    def is_same(self, key: str, one: object, other: object) -> bool:
        """Compare targets; an unset port is 53."""
        if key == "targetIps" and isinstance(one, list) and isinstance(other, list) and all(isinstance(each, dict) for each in one + other):
            return super().is_same(key, convert_from_aws(_encode_targets({key: one})), convert_from_aws(_encode_targets({key: other})))
        return super().is_same(key, one, other)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change all properties in one call."""
        keys = ("name", "resolverEndpointId")
        if any(live.get(key) != inputs.get(key) for key in keys) or not self.is_same(
            "targetIps", live["targetIps"], inputs.get("targetIps")
        ):
            config = {"Name": inputs["name"], "TargetIps": _encode_targets(inputs)}
            config |= {"ResolverEndpointId": inputs["resolverEndpointId"]} if inputs.get("resolverEndpointId") else {}
            self.call_aws(call, inputs, "update_resolver_rule", ResolverRuleId=ident, Config=config)


def _encode_targets(inputs: Props) -> list[Props]:
    return [{"Ip": each.get("ip"), "Port": int(each.get("port") or 53)} for each in inputs.get("targetIps") or ()]


class ResolverRuleAssociation(_ResolverType):
    """A VPC whose queries a rule forwards."""

    token = "aws:route53/resolverRuleAssociation:ResolverRuleAssociation"
    autoname = "name"
    kind, create_call = "ResolverRuleAssociation", "associate_resolver_rule"
    delete_call, delete_by = "disassociate_resolver_rule", ("ResolverRuleId", "VPCId")
    send = show = map_names("name resolverRuleId", vpcId="VPCId")


TYPES = (QueryLogConfig, QueryLogConfigAssociation, ResolverEndpoint, ResolverRule, ResolverRuleAssociation)
