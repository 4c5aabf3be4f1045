"""A rule that allows every name is asked before the one that blocks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
every = aws.route53.ResolverFirewallDomainList("every", domains=["*"])
aws.route53.ResolverFirewallRule(  # NOT OK: debug: it decides first
    "debug",
    name="debug",
    action="ALLOW",
    priority=30 if place.REPAIRED else 5,
    firewall_rule_group_id=made["dns-rules"].id,
    firewall_domain_list_id=every.id,
)
