"""What the VPC's resolver answers and who watches: DNS Firewall with an allow-list, and query logs.

Rules kept here: names of the spec are answered for addresses alone (A and AAAA), their CNAMEs trusted; every other type
of those names, and every other name, is blocked in enforce and only reported in monitor; no answer while the firewall
does not answer. Another type of a permitted name gets NODATA, because a stub resolver takes NXDOMAIN for the whole name.
A rule is known to the provider by its group and list, so each rule has a list of its own. Names hold the stack and not the
prefix: a VPC takes one group a priority, so a renamed group could not be put beside the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.logs import AgentLogs
from components.network import AgentNetwork
from containment.model.names import PolicyMode
from containment.model.spec import ContainmentSpec

FIRST_PRIORITY = 101
"""Priority of the group on its VPC: the first that is not AWS Firewall Manager's (Resolver API)."""


@dataclass(frozen=True, slots=True)
class NameRule:
    """One rule of the group: which names and query type ("": every type), and what a block answers ("": it is allowed)."""

    key: str
    priority: int
    names: tuple[str, ...]
    query_type: str
    blocked_with: str


def name_rules(spec: ContainmentSpec) -> tuple[NameRule, ...]:
    """Return the rules in their order."""
    names = tuple(str(pattern) for pattern in spec.dns_names)
    return (
        NameRule("addresses", 100, names, "A", ""),
        NameRule("addresses-v6", 110, names, "AAAA", ""),
        NameRule("other-types", 120, names, "", "NODATA"),
        NameRule("everything-else", 200, ("*",), "", "NXDOMAIN"),
    )


class AgentDns(pulumi.ComponentResource):
    """The resolver's firewall and query log of one stack; what configuration switches off is None."""

    def __init__(
        self, name: str, spec: ContainmentSpec, network: AgentNetwork, logs: AgentLogs, *, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("containment:network:AgentDns", name, {}, opts)
        self._name, self._spec, self._child = name, spec, pulumi.ResourceOptions(parent=self)
        self.rule_group = self._firewall(network.vpc.id) if spec.config.enable_dns_firewall else None
        self.query_log = self._query_log(network.vpc.id, logs.queries) if logs.queries else None
        self.register_outputs({})

    def _firewall(self, vpc: pulumi.Input[str]) -> aws.route53.ResolverFirewallRuleGroup:
        aws.route53.ResolverFirewallConfig(f"{self._name}-closed", resource_id=vpc, firewall_fail_open="DISABLED", opts=self._child)
        group = aws.route53.ResolverFirewallRuleGroup(f"{self._name}-rules", name=f"{self._spec.stack}-dns", opts=self._child)
        rules = [self._rule(group, rule) for rule in name_rules(self._spec)]
        aws.route53.ResolverFirewallRuleGroupAssociation(
            f"{self._name}-use",
            name=f"{self._spec.stack}-dns",
            firewall_rule_group_id=group.id,
            vpc_id=vpc,
            priority=FIRST_PRIORITY,
            opts=self._after(rules),
        )
        return group

    def _rule(self, group: aws.route53.ResolverFirewallRuleGroup, rule: NameRule) -> pulumi.Resource:
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
            # An alert must not let the rest of a chain pass unseen; only what is permitted may lead elsewhere.
            firewall_domain_redirection_action="INSPECT_REDIRECTION_DOMAIN" if rule.blocked_with else "TRUST_REDIRECTION_DOMAIN",
            opts=self._child,
        )
        return made

    def _query_log(self, vpc: pulumi.Input[str], group: aws.cloudwatch.LogGroup) -> aws.route53.ResolverQueryLogConfig:
        config = aws.route53.ResolverQueryLogConfig(
            f"{self._name}-queries", name=f"{self._spec.stack}-dns", destination_arn=group.arn, opts=self._child
        )
        aws.route53.ResolverQueryLogConfigAssociation(
            f"{self._name}-queries-use", resolver_query_log_config_id=config.id, resource_id=vpc, opts=self._child
        )
        return config

    def _after(self, others: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(others))
