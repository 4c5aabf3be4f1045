"""A rule alerts about a top-level domain before the rest is blocked."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
watched = ["docs.openclaw.ai"] if place.REPAIRED else ["*.net"]
names = aws.route53.ResolverFirewallDomainList("watched", name="watched", domains=watched)
# NOT OK: watch: a name that is only reported is answered
aws.route53.ResolverFirewallRule(
    "watch",
    name="watch",
    priority=5,
    firewall_rule_group_id=made["dns-rules"].id,
    firewall_domain_list_id=names.id,
    action="ALERT",
)
