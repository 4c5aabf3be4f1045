"""Route 53 Resolver DNS Firewall: which names a VPC's resolver answers."""

# ruff: noqa: S105  (type tokens are not passwords)
from __future__ import annotations

from containment.lab.providers.aws.resolver import ResolverThing
from containment.lab.providers.aws.resource import Resource, names, words
from containment.lab.providers.handler import Call, Props, RefusedError

_MOST = 1000
"""Names that one UpdateFirewallDomains takes."""


class DomainList(ResolverThing):
    """A list of names; those given are all it has."""

    token = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"
    sets = frozenset({"domains"})
    create_call, made = "create_firewall_domain_list", "FirewallDomainList.Id"
    find_call, find_by, found = "get_firewall_domain_list", "FirewallDomainListId", "FirewallDomainList"
    delete_call, id_arg = "delete_firewall_domain_list", "FirewallDomainListId"
    send = names("name")
    show = names("name arn")
    also_in_place = frozenset({"domains"})

    def made_it(self, call: Call, ident: str, inputs: Props) -> None:
        """Fill it."""
        self._fill(call, ident, inputs)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Replace its names."""
        if not self.same("domains", live["domains"], inputs.get("domains") or []):
            self._fill(call, ident, inputs)

    def _fill(self, call: Call, ident: str, inputs: Props) -> None:
        names_ = sorted(inputs.get("domains") or ())
        for start in range(0, max(len(names_), 1), _MOST):
            operation = "ADD" if start else "REPLACE"
            part = names_[start : start + _MOST]
            self.ask(call, inputs, "update_firewall_domains", FirewallDomainListId=ident, Operation=operation, Domains=part)

    def props(self, call: Call, ident: str, thing: Props, state: Props) -> Props:
        """Add its names, without the last dot that AWS adds."""
        client, listed = self.client(call, state), list[str]()
        for page in client.get_paginator("list_firewall_domains").paginate(FirewallDomainListId=ident):
            listed += [name.rstrip(".") for name in page["Domains"]]
        return super().props(call, ident, thing, state) | {"domains": sorted(listed)}


class RuleGroup(ResolverThing):
    """A group of rules."""

    token = "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup"
    create_call, made = "create_firewall_rule_group", "FirewallRuleGroup.Id"
    find_call, find_by, found = "get_firewall_rule_group", "FirewallRuleGroupId", "FirewallRuleGroup"
    delete_call, id_arg = "delete_firewall_rule_group", "FirewallRuleGroupId"
    send = names("name")
    show = names("name arn ownerId shareStatus")


_RULE = "name priority action blockResponse blockOverrideDomain blockOverrideDnsType blockOverrideTtl firewallDomainRedirectionAction"


class Rule(Resource):
    """One rule of a group. It is known by group and list, so a group can hold one rule a list, whatever its query type."""

    service = "route53resolver"
    token = "aws:route53/resolverFirewallRule:ResolverFirewallRule"
    autoname = "name"
    defaults = {"firewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN"}
    send = names(f"{_RULE} firewallRuleGroupId firewallDomainListId", qType="Qtype")
    show = names(f"{_RULE} firewallRuleGroupId firewallDomainListId", qType="Qtype")
    also_in_place = words(_RULE)

    def make(self, call: Call, inputs: Props) -> str:
        """Add it to the group."""
        if not inputs.get("firewallDomainListId"):
            raise RefusedError(f"{call.name}: the lab serves rules with a domain list; DNS Firewall Advanced is not served")
        ident = f"{inputs['firewallRuleGroupId']}:{inputs['firewallDomainListId']}"
        there = self.find(call, ident, inputs)
        if there and any(there.get(aws) != inputs.get(key) for key, aws in (("priority", "Priority"), ("qType", "Qtype"))):
            raise RefusedError(
                f"{call.name}: the group has a rule for this list already, and a rule is known by group and list alone, also when their "
                "query types differ; give each rule a list of its own"
            )
        self.ask(call, inputs, "create_firewall_rule", **self.create_args(call, inputs))
        call.claim(ident)
        return ident

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look in the group."""
        group, _, domains = ident.partition(":")
        found = self.quietly(lambda: self.ask(call, state, "list_firewall_rules", FirewallRuleGroupId=group))
        return next((each for each in (found or {}).get("FirewallRules", ()) if each["FirewallDomainListId"] == domains), None)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Change what changes in place; the list, the group and the query type say which rule it is."""
        if any(not self.same(key, live.get(key), inputs.get(key)) for key in self.also_in_place):
            self.ask(call, inputs, "update_firewall_rule", **self.create_args(call, inputs))

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Take it out of the group."""
        if thing := self.find(call, ident, state):
            args = {key: thing[key] for key in ("FirewallRuleGroupId", "FirewallDomainListId", "Qtype") if thing.get(key)}
            self.ask(call, state, "delete_firewall_rule", **args)


class RuleGroupAssociation(ResolverThing):
    """A VPC that a group's rules judge."""

    token = "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation"
    create_call, made = "associate_firewall_rule_group", "FirewallRuleGroupAssociation.Id"
    find_call, find_by = "get_firewall_rule_group_association", "FirewallRuleGroupAssociationId"
    found = "FirewallRuleGroupAssociation"
    delete_call, id_arg = "disassociate_firewall_rule_group", "FirewallRuleGroupAssociationId"
    send = names("name firewallRuleGroupId vpcId priority mutationProtection")
    show = names("name arn firewallRuleGroupId vpcId priority mutationProtection")
    also_in_place = words("name priority mutationProtection")

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:
        """Change it in one call."""
        changed = [key for key in ("name", "priority", "mutationProtection") if key in inputs and live.get(key) != inputs[key]]
        if changed:
            args = {key[:1].upper() + key[1:]: inputs[key] for key in changed}
            self.ask(call, inputs, "update_firewall_rule_group_association", FirewallRuleGroupAssociationId=ident, **args)


class FirewallConfig(Resource):
    """Whether a VPC's queries pass while the firewall does not answer; deleting it lets none pass."""

    service = "route53resolver"
    token = "aws:route53/resolverFirewallConfig:ResolverFirewallConfig"
    show = names("resourceId ownerId firewallFailOpen")
    also = frozenset({"resourceId"})
    also_in_place = frozenset({"firewallFailOpen"})

    def make(self, call: Call, inputs: Props) -> str:
        """Set it."""
        ident = str(self._set(call, inputs, inputs["resourceId"], inputs.get("firewallFailOpen") or "DISABLED")["Id"])
        call.claim(ident)
        return ident

    def _set(self, call: Call, inputs: Props, vpc: str, value: str) -> Props:
        answer = self.ask(call, inputs, "update_firewall_config", ResourceId=vpc, FirewallFailOpen=value)
        config: Props = answer["FirewallConfig"]
        return config

    def find(self, call: Call, ident: str, state: Props) -> Props | None:
        """Look among those that were set."""
        configs = self.ask(call, state, "list_firewall_configs")["FirewallConfigs"]
        return next((each for each in configs if each["Id"] == ident), None)

    def modify(self, call: Call, ident: str, live: Props, inputs: Props) -> None:  # noqa: ARG002
        """Set it again."""
        if (value := inputs.get("firewallFailOpen")) and value != live["firewallFailOpen"]:
            self._set(call, inputs, inputs["resourceId"], value)

    def unmake(self, call: Call, ident: str, state: Props) -> None:
        """Back to letting none pass."""
        if thing := self.find(call, ident, state):
            self._set(call, state, thing["ResourceId"], "DISABLED")


TYPES = (DomainList, RuleGroup, Rule, RuleGroupAssociation, FirewallConfig)
