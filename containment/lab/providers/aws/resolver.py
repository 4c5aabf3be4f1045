"""Route 53 Resolver: query logging, forwarding rules, and the endpoints they forward through."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

import secrets

from containment.lab.providers.aws.resource import Resource, dig, names, tag_list, tag_map
from containment.lab.providers.aws.shapes import from_aws, to_aws
from containment.lab.providers.handler import Call, Props


class ResolverThing(Resource):
    """What the resolver makes by a request id, and tags by ARN."""

    service = "route53resolver"
    autoname = "name"

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Every create call carries an id of the request, the same when it is asked again; tags are a plain list."""
        args = super().create_args(call, inputs) | {"CreatorRequestId": call.once or secrets.token_hex(16)}
        return args | ({"Tags": tag_list(inputs["tags"])} if inputs.get("tags") else {})

    def tags_of(self, call: Call, ident: str, thing: Props) -> dict[str, str]:  # noqa: ARG002
        """The resolver lists tags by ARN."""
        region = {"region": thing["Arn"].split(":")[3]}
        return tag_map(self.ask(call, region, "list_tags_for_resource", ResourceArn=thing["Arn"])["Tags"])

    def retag(self, call: Call, ident: str, old: dict[str, str], new: dict[str, str], live: Props) -> None:  # noqa: ARG002
        """The resolver tags by ARN."""
        if dropped := sorted(old.keys() - new.keys()):
            self.ask(call, live, "untag_resource", ResourceArn=live["arn"], TagKeys=dropped)
        if new:
            self.ask(call, live, "tag_resource", ResourceArn=live["arn"], Tags=tag_list(new))


class QueryLogConfig(ResolverThing):
    """Where the queries of VPCs are logged."""

    token = "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig"
    create_call, made = "create_resolver_query_log_config", "ResolverQueryLogConfig.Id"
    find_call, find_by, found = "get_resolver_query_log_config", "ResolverQueryLogConfigId", "ResolverQueryLogConfig"
    delete_call, id_arg = "delete_resolver_query_log_config", "ResolverQueryLogConfigId"
    send = names("name destinationArn")
    show = names("name destinationArn arn ownerId shareStatus")


class QueryLogConfigAssociation(Resource):
    """A VPC whose queries are logged."""

    service = "route53resolver"
    token = "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation"
    create_call, made = "associate_resolver_query_log_config", "ResolverQueryLogConfigAssociation.Id"
    find_call, find_by = "get_resolver_query_log_config_association", "ResolverQueryLogConfigAssociationId"
    found = "ResolverQueryLogConfigAssociation"
    send = names("resolverQueryLogConfigId resourceId")
    show = names("resolverQueryLogConfigId resourceId")

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """It is taken off by what it joins."""
        if thing := self.find(call, ident, state):
            args = {key: thing[key] for key in ("ResolverQueryLogConfigId", "ResourceId")}
            self.ask(call, state, "disassociate_resolver_query_log_config", **args)


class ResolverEndpoint(ResolverThing):
    """A resolver's way into a VPC or out of it; its addresses are fixed here."""

    token = "aws:route53/resolverEndpoint:ResolverEndpoint"
    sets = frozenset({"ipAddresses", "securityGroupIds"})
    create_call, made = "create_resolver_endpoint", "ResolverEndpoint.Id"
    find_call, find_by, found = "get_resolver_endpoint", "ResolverEndpointId", "ResolverEndpoint"
    delete_call, id_arg = "delete_resolver_endpoint", "ResolverEndpointId"
    send = names("name direction securityGroupIds")
    show = names("name direction securityGroupIds arn", hostVpcId="HostVPCId")
    also = frozenset({"ipAddresses"})
    idle = Resource.idle | {"resolverEndpointType", "protocols"}
    in_place = {"name": ("update_resolver_endpoint", lambda value: {"Name": value})}

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Addresses are the subnet's next unless given."""
        addresses = [{key: each[key] for key in ("subnetId", "ip") if each.get(key)} for each in inputs["ipAddresses"]]
        return super().create_args(call, inputs) | {"IpAddresses": to_aws(addresses)}

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add the addresses; those that were not asked for are left out, as they are no drift."""
        listed = self.ask(call, state, "list_resolver_endpoint_ip_addresses", ResolverEndpointId=ident)["IpAddresses"]
        live = [{"subnetId": each["SubnetId"], "ip": each["Ip"], "ipId": each["IpId"]} for each in listed]
        given = state.get("ipAddresses") or []
        matched = {each["subnetId"]: given_ip for each in given for given_ip in [each.get("ip")]}
        shown = [
            {key: value for key, value in each.items() if key == "subnetId" or (key == "ip" and matched.get(each["subnetId"]))}
            for each in live
        ]
        return super().props(call, ident, thing, state) | {"ipAddresses": shown if given else live}


class ResolverRule(ResolverThing):
    """Where queries for a domain are sent instead of being answered."""

    token = "aws:route53/resolverRule:ResolverRule"
    sets = frozenset({"targetIps"})
    create_call, made = "create_resolver_rule", "ResolverRule.Id"
    find_call, find_by, found = "get_resolver_rule", "ResolverRuleId", "ResolverRule"
    delete_call, id_arg = "delete_resolver_rule", "ResolverRuleId"
    send = names("name domainName ruleType resolverEndpointId")
    show = names("name ruleType resolverEndpointId arn ownerId shareStatus")
    also_in_place = frozenset({"name", "targetIps", "resolverEndpointId"})

    def create_args(self, call: Call, inputs: Props) -> Props:
        """Targets listen on 53 unless they say otherwise."""
        args = super().create_args(call, inputs)
        return args | ({"TargetIps": _targets(inputs)} if inputs.get("targetIps") else {})

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Say the domain as the inputs do: AWS adds the last dot."""
        out = super().props(call, ident, thing, state)
        domain, given = thing["DomainName"], state.get("domainName") or ""
        out["domainName"] = given if given.rstrip(".") == domain.rstrip(".") else domain.rstrip(".") or "."
        out["targetIps"] = from_aws(thing.get("TargetIps") or [])
        return out

    def same(self, key: str, one: object, other: object) -> bool:
        """A target without a port means 53."""
        if key == "targetIps" and isinstance(one, list) and isinstance(other, list) and all(isinstance(each, dict) for each in one + other):
            return super().same(key, from_aws(_targets({key: one})), from_aws(_targets({key: other})))
        return super().same(key, one, other)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change it as a whole."""
        keys = ("name", "resolverEndpointId")
        if any(live.get(key) != inputs.get(key) for key in keys) or not self.same("targetIps", live["targetIps"], inputs.get("targetIps")):
            config = {"Name": inputs["name"], "TargetIps": _targets(inputs)}
            config |= {"ResolverEndpointId": inputs["resolverEndpointId"]} if inputs.get("resolverEndpointId") else {}
            self.ask(call, inputs, "update_resolver_rule", ResolverRuleId=ident, Config=config)


def _targets(inputs: Props) -> list[Props]:
    return [{"Ip": each.get("ip"), "Port": int(each.get("port") or 53)} for each in inputs.get("targetIps") or ()]


class ResolverRuleAssociation(Resource):
    """A VPC whose queries a rule forwards."""

    service = "route53resolver"
    token = "aws:route53/resolverRuleAssociation:ResolverRuleAssociation"
    autoname = "name"
    create_call, made = "associate_resolver_rule", "ResolverRuleAssociation.Id"
    find_call, find_by, found = "get_resolver_rule_association", "ResolverRuleAssociationId", "ResolverRuleAssociation"
    send = names("name resolverRuleId", vpcId="VPCId")
    show = names("name resolverRuleId", vpcId="VPCId")

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """It is taken off by what it joins."""
        if thing := self.find(call, ident, state):
            self.ask(call, state, "disassociate_resolver_rule", **{key: dig(thing, key) for key in ("ResolverRuleId", "VPCId")})


TYPES = (QueryLogConfig, QueryLogConfigAssociation, ResolverEndpoint, ResolverRule, ResolverRuleAssociation)
