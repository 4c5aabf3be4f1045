"""A group that is asked earlier allows every name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
every = aws.route53.ResolverFirewallDomainList("every", domains=["*"])
opened = aws.route53.ResolverFirewallRuleGroup("opened")
closed = aws.route53.ResolverFirewallRuleGroup("closed")
allow = {"action": "ALLOW", "priority": 1, "firewall_domain_list_id": every.id}
aws.route53.ResolverFirewallRule("allow", firewall_rule_group_id=opened.id, **allow)  # NOT OK: allow: its group comes first
block = {"action": "BLOCK", "block_response": "NXDOMAIN", "priority": 1, "firewall_domain_list_id": every.id}
aws.route53.ResolverFirewallRule("block", firewall_rule_group_id=closed.id, **block)
for group, name, at in ((opened, "opened", 300 if base.REPAIRED else 101), (closed, "closed", 200)):
    aws.route53.ResolverFirewallRuleGroupAssociation(name, vpc_id=base.vpc.id, firewall_rule_group_id=group.id, priority=at)
