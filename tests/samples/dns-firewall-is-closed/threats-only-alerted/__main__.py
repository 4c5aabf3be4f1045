"""A rule for threats alerts ahead of the rule that blocks the rest."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
# NOT OK: threats: the first match decides, so a tunnel that it recognizes is answered
aws.route53.ResolverFirewallRule(
    "threats",
    name="threats",
    priority=5,
    action="BLOCK" if place.REPAIRED else "ALERT",
    block_response="NODATA" if place.REPAIRED else None,
    dns_threat_protection="DNS_TUNNELING",
    confidence_threshold="LOW",
    firewall_rule_group_id=made["dns-rules"].id,
)
