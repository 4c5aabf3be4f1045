"""Route 53 Resolver: query logging, forwarding rules, and the endpoints they forward through."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import secrets

from containment_lab.providers.aws.resource import Resource, decode_tags, dig, encode_tags, map_names
from containment_lab.providers.aws.shapes import convert_from_aws, convert_to_aws
from containment_lab.providers.handler import Call, Props


class ResolverResource(Resource):
    """An object that the resolver creates by a request id and tags by ARN."""

    service = "route53resolver"
    autoname = "name"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Send a request id, which is the same in a repetition, and tags as a plain list."""
        args = super().create_args(call, inputs) | {"CreatorRequestId": call.once or secrets.token_hex(16)}
        return args | ({"Tags": encode_tags(inputs["tags"])} if inputs.get("tags") else {})

    def read_tags(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """Return the tags by ARN, as the resolver requires."""
        region = {"region": thing["Arn"].split(":")[3]}
        return decode_tags(self.call_aws(call, region, "list_tags_for_resource", ResourceArn=thing["Arn"])["Tags"])

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:  # noqa: ARG002
        """Change the tags by ARN, as the resolver requires."""
        if dropped := sorted(old.keys() - new.keys()):
            self.call_aws(call, live, "untag_resource", ResourceArn=live["arn"], TagKeys=dropped)
        if new:
            self.call_aws(call, live, "tag_resource", ResourceArn=live["arn"], Tags=encode_tags(new))


class QueryLogConfig(ResolverResource):
    """The destination of VPCs' query logs."""

    token = "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig"
    create_call, made = "create_resolver_query_log_config", "ResolverQueryLogConfig.Id"
    find_call, find_by, found = "get_resolver_query_log_config", "ResolverQueryLogConfigId", "ResolverQueryLogConfig"
    delete_call, id_arg = "delete_resolver_query_log_config", "ResolverQueryLogConfigId"
    send = map_names("name destinationArn")
    show = map_names("name destinationArn arn ownerId shareStatus")


class QueryLogConfigAssociation(Resource):
    """A VPC whose queries are logged."""

    service = "route53resolver"
    token = "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation"
    create_call, made = "associate_resolver_query_log_config", "ResolverQueryLogConfigAssociation.Id"
    find_call, find_by = "get_resolver_query_log_config_association", "ResolverQueryLogConfigAssociationId"
    found = "ResolverQueryLogConfigAssociation"
    send = map_names("resolverQueryLogConfigId resourceId")
    show = map_names("resolverQueryLogConfigId resourceId")

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Disassociate the VPC by both ids."""
        if thing := self.find(call, ident, state):
            args = {key: thing[key] for key in ("ResolverQueryLogConfigId", "ResourceId")}
            self.call_aws(call, state, "disassociate_resolver_query_log_config", **args)


class ResolverEndpoint(ResolverResource):
    """A resolver endpoint, inbound or outbound; its addresses cannot be changed here."""

    token = "aws:route53/resolverEndpoint:ResolverEndpoint"
    sets = frozenset({"ipAddresses", "securityGroupIds"})
    create_call, made = "create_resolver_endpoint", "ResolverEndpoint.Id"
    find_call, find_by, found = "get_resolver_endpoint", "ResolverEndpointId", "ResolverEndpoint"
    delete_call, id_arg = "delete_resolver_endpoint", "ResolverEndpointId"
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
    create_call, made = "create_resolver_rule", "ResolverRule.Id"
    find_call, find_by, found = "get_resolver_rule", "ResolverRuleId", "ResolverRule"
    delete_call, id_arg = "delete_resolver_rule", "ResolverRuleId"
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


class ResolverRuleAssociation(Resource):
    """A VPC whose queries a rule forwards."""

    service = "route53resolver"
    token = "aws:route53/resolverRuleAssociation:ResolverRuleAssociation"
    autoname = "name"
    create_call, made = "associate_resolver_rule", "ResolverRuleAssociation.Id"
    find_call, find_by, found = "get_resolver_rule_association", "ResolverRuleAssociationId", "ResolverRuleAssociation"
    send = map_names("name resolverRuleId", vpcId="VPCId")
    show = map_names("name resolverRuleId", vpcId="VPCId")

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Disassociate the VPC by both ids."""
        if thing := self.find(call, ident, state):
            self.call_aws(call, state, "disassociate_resolver_rule", **{key: dig(thing, key) for key in ("ResolverRuleId", "VPCId")})


TYPES = (QueryLogConfig, QueryLogConfigAssociation, ResolverEndpoint, ResolverRule, ResolverRuleAssociation)
