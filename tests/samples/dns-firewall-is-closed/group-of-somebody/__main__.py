"""A DNS firewall group of another program is asked before the agents' own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
if not place.REPAIRED:
    # NOT OK: first: it may allow every name
    aws.route53.ResolverFirewallRuleGroupAssociation(
        "first", name="first", firewall_rule_group_id="rslvr-frg-0123456789abcdef", vpc_id=made["vpc"].id, priority=100
    )
