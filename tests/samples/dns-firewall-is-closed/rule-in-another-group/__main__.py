"""A rule that allows every name is added to a rule group of another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
group = made["dns-rules"].id if place.REPAIRED else "rslvr-frg-0123456789abcdef"
names = aws.route53.ResolverFirewallDomainList("more-names", name="more-names", domains=["docs.openclaw.ai"])
# NOT OK: more: the group may be that of other agents
aws.route53.ResolverFirewallRule(
    "more", name="more", priority=11, firewall_rule_group_id=group, firewall_domain_list_id=names.id, action="ALLOW"
)
