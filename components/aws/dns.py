"""Route 53 Resolver DNS Firewall with an allow-list of names, and the resolver's query log.

Rules kept here: the spec's names are answered for A and AAAA queries only, and their CNAME chains are trusted; every other query
type of those names, and every other name, is blocked in enforce and only reported in monitor; if the firewall fails, the resolver
does not answer. Another query type of a permitted name gets NODATA, because stub resolvers take NXDOMAIN for the whole name.
The provider identifies a rule by its group and list, so each rule needs a separate list. Names of resources contain the stack and
not the prefix: a VPC allows one rule group per priority, so a renamed group could not be created before the old one is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.logs import AgentLogs
from components.aws.network import AgentNetwork
from containment.config.spec import ContainmentSpec
from containment.names import PolicyMode

FIRST_PRIORITY = 101
"""Priority of the group on its VPC: the first one not reserved for AWS Firewall Manager (Resolver API)."""


@dataclass(frozen=True, slots=True)
class NameRule:
    """One rule of the group: its names, its query type ("": every type), and the response of a block ("": the query is allowed)."""

    key: str
    priority: int
    names: tuple[str, ...]
    query_type: str
    blocked_with: str


def build_name_rules(spec: ContainmentSpec) -> tuple[NameRule, ...]:
    """Return the DNS Firewall's rules in order of priority."""
    names = tuple(str(pattern) for pattern in spec.dns_names)
    return (
        NameRule("addresses", 100, names, "A", ""),
        NameRule("addresses-v6", 110, names, "AAAA", ""),
        NameRule("other-types", 120, names, "", "NODATA"),
        NameRule("everything-else", 200, ("*",), "", "NXDOMAIN"),
    )


class AgentDns(pulumi.ComponentResource):
    """DNS Firewall and query log of one stack; an attribute is None if the configuration switches it off."""

    def __init__(
        self, name: str, spec: ContainmentSpec, network: AgentNetwork, logs: AgentLogs, *, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("containment:network:AgentDns", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self.rule_group = self._create_firewall(network.vpc.id) if spec.config.enable_dns_firewall else None
        self.query_log = self._create_query_log(network.vpc.id, logs.queries) if logs.queries else None
        self.register_outputs({})

    def _create_firewall(self, vpc: pulumi.Input[str]) -> aws.route53.ResolverFirewallRuleGroup:
        aws.route53.ResolverFirewallConfig(f"{self._name}-closed", resource_id=vpc, firewall_fail_open="DISABLED", opts=self._child)
        group = aws.route53.ResolverFirewallRuleGroup(f"{self._name}-rules", name=f"{self._spec.stack}-dns", opts=self._child)
        rules = [self._create_rule(group, rule) for rule in build_name_rules(self._spec)]
        aws.route53.ResolverFirewallRuleGroupAssociation(
            f"{self._name}-use",
            name=f"{self._spec.stack}-dns",
            firewall_rule_group_id=group.id,
            vpc_id=vpc,
            priority=FIRST_PRIORITY,
            opts=self._depend_on(rules),
        )
        return group

    def _create_rule(self, group: aws.route53.ResolverFirewallRuleGroup, rule: NameRule) -> pulumi.Resource:
        listed = aws.route53.ResolverFirewallDomainList(
            f"{self._name}-{rule.key}-names",
            name=f"{self._spec.stack}-{rule.key}",
            domains=list(rule.names),
            opts=self._child,
        )
        enforcing = self._spec.mode is PolicyMode.ENFORCE
        made: pulumi.Resource = aws.route53.ResolverFirewallRule(
            f"{self._name}-{rule.key}",
            name=rule.key,
            firewall_rule_group_id=group.id,
            firewall_domain_list_id=listed.id,
            priority=rule.priority,
            action="ALLOW" if not rule.blocked_with else "BLOCK" if enforcing else "ALERT",
            block_response=rule.blocked_with if rule.blocked_with and enforcing else None,
            q_type=rule.query_type or None,
            # Only a permitted name may redirect (CNAME) to any other; with an alert, the rest of the chain is still inspected.
            firewall_domain_redirection_action="INSPECT_REDIRECTION_DOMAIN" if rule.blocked_with else "TRUST_REDIRECTION_DOMAIN",
            opts=self._child,
        )
        return made

    def _create_query_log(self, vpc: pulumi.Input[str], group: aws.cloudwatch.LogGroup) -> aws.route53.ResolverQueryLogConfig:
        config = aws.route53.ResolverQueryLogConfig(
            f"{self._name}-queries", name=f"{self._spec.stack}-dns", destination_arn=group.arn, opts=self._child
        )
        aws.route53.ResolverQueryLogConfigAssociation(
            f"{self._name}-queries-use", resolver_query_log_config_id=config.id, resource_id=vpc, opts=self._child
        )
        return config

    def _depend_on(self, others: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(others))
