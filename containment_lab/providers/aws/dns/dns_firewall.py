"""Route 53 Resolver DNS Firewall: the names that a VPC's resolver answers."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment_lab.providers.aws.dns.resolver import ResolverResource
from containment_lab.providers.aws.resource import Resource, map_names, split_words
from containment_lab.providers.handler import Call, Props, RefusedError, UnservedError

_MOST = 1000
"""Largest number of names in one UpdateFirewallDomains call."""


class DomainList(ResolverResource):
    """A list of names; the given names are exclusive."""

    token = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
    sets = frozenset({"domains"})
    kind = "FirewallDomainList"
    send = map_names("name")
    show = map_names("name arn")
    also_in_place = frozenset({"domains"})

    def finish_create(self, call: Call, ident: str, inputs: Props) -> None:
        """Add the names."""
        self._fill(call, ident, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Replace its names."""
        if not self.is_same("domains", live["domains"], inputs.get("domains") or []):
            self._fill(call, ident, inputs)

    def _fill(self, call: Call, ident: str, inputs: Props) -> None:
        names_ = sorted(inputs.get("domains") or ())
        for start in range(0, max(len(names_), 1), _MOST):
            operation = "ADD" if start else "REPLACE"
            part = names_[start : start + _MOST]
            self.call_aws(call, inputs, "update_firewall_domains", FirewallDomainListId=ident, Operation=operation, Domains=part)

    def build_outputs(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add its names, without the trailing dot that AWS adds."""
        client, listed = self.get_client(call, state), list[str]()
        for page in client.get_paginator("list_firewall_domains").paginate(FirewallDomainListId=ident):
            listed += [name.rstrip(".") for name in page["Domains"]]
        return super().build_outputs(call, ident, thing, state) | {"domains": sorted(listed)}


class RuleGroup(ResolverResource):
    """A group of rules."""

    token = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
    kind = "FirewallRuleGroup"
    send = map_names("name")
    show = map_names("name arn ownerId shareStatus")


_RULE = "name priority action blockResponse blockOverrideDomain blockOverrideDnsType blockOverrideTtl firewallDomainRedirectionAction"


class Rule(Resource):
    """One rule of a group. Its identity is group and list, so a group can have one rule per list, whatever the query type."""

    service = "route53resolver"
    token = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
    autoname = "name"
    defaults = {"firewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN"}
    delete_call, delete_by = "delete_firewall_rule", ("FirewallRuleGroupId", "FirewallDomainListId", "Qtype")
    send = show = map_names(f"{_RULE} firewallRuleGroupId firewallDomainListId", qType="Qtype")
    also_in_place = split_words(_RULE)

    def make(self, call: Call, inputs: Props) -> str:
        """Add the rule to the group."""
        if not inputs.get("firewallDomainListId"):
            what = f"{call.name}: the lab serves rules with a domain list; DNS Firewall Advanced is not served"
            raise UnservedError(what, fix="name a domain list, or use AWS")
        ident = f"{inputs['firewallRuleGroupId']}:{inputs['firewallDomainListId']}"
        there = self.find(call, ident, inputs)
        if there and any(there.get(aws) != inputs.get(key) for key, aws in (("priority", "Priority"), ("qType", "Qtype"))):
            raise RefusedError(
                f"{call.name}: the group has a rule for this list already, and group and list alone identify a rule, even if their "
                "query types differ; give each rule a separate list"
            )
        self.call_aws(call, inputs, "create_firewall_rule", **self.create_args(call, inputs))
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the rule from the group's rules."""
        group, _, domains = ident.partition(":")
        found = self.try_call(lambda: self.call_aws(call, state, "list_firewall_rules", FirewallRuleGroupId=group))
        return next((each for each in (found or {}).get("FirewallRules", ()) if each["FirewallDomainListId"] == domains), None)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Change properties in place; list, group and query type identify the rule."""
        if any(not self.is_same(key, live.get(key), inputs.get(key)) for key in self.also_in_place):
            self.call_aws(call, inputs, "update_firewall_rule", **self.create_args(call, inputs))


class RuleGroupAssociation(ResolverResource):
    """An association of a rule group with a VPC."""

    token = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    kind = "FirewallRuleGroupAssociation"
    create_call, delete_call = "associate_firewall_rule_group", "disassociate_firewall_rule_group"
    send = map_names("name firewallRuleGroupId vpcId priority mutationProtection")
    show = map_names("name arn firewallRuleGroupId vpcId priority mutationProtection")
    also_in_place = split_words("name priority mutationProtection")

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change all properties in one call."""
        changed = [key for key in ("name", "priority", "mutationProtection") if key in inputs and live.get(key) != inputs[key]]
        if changed:
            args = {key[:1].upper() + key[1:]: inputs[key] for key in changed}
            self.call_aws(call, inputs, "update_firewall_rule_group_association", FirewallRuleGroupAssociationId=ident, **args)


class FirewallConfig(Resource):
    """Whether a VPC's queries pass while the firewall does not answer; after deletion none pass."""

    service = "route53resolver"
    token = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"
    show = map_names("resourceId ownerId firewallFailOpen")
    also = frozenset({"resourceId"})
    also_in_place = frozenset({"firewallFailOpen"})

    def make(self, call: Call, inputs: Props) -> str:
        """Set the behavior."""
        return str(self._apply_inputs(call, inputs, inputs["resourceId"], inputs.get("firewallFailOpen") or "DISABLED")["Id"])

    def _apply_inputs(self, call: Call, inputs: Props, vpc: str, value: str) -> Props:
        answer = self.call_aws(call, inputs, "update_firewall_config", ResourceId=vpc, FirewallFailOpen=value)
        config: Props = answer["FirewallConfig"]
        return config

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Return the configuration if the VPC has one."""
        configs = self.call_aws(call, state, "list_firewall_configs")["FirewallConfigs"]
        return next((each for each in configs if each["Id"] == ident), None)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set the behavior again."""
        if (value := inputs.get("firewallFailOpen")) and value != live["firewallFailOpen"]:
            self._apply_inputs(call, inputs, inputs["resourceId"], value)

    def unmake(self, call: Call, ident: str, thing: Props, state: Props) -> None:  # noqa: ARG002
        """Return to the default: no query passes."""
        self._apply_inputs(call, state, thing["ResourceId"], "DISABLED")


TYPES = (DomainList, RuleGroup, Rule, RuleGroupAssociation, FirewallConfig)
