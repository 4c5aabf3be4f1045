"""A rule sends a domain's questions to other name servers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
rule = aws.route53.ResolverRule(  # NOT OK: corporate: whoever runs them decides where names lead
    "corporate",
    domain_name="corp.example",
    rule_type="SYSTEM" if base.REPAIRED else "FORWARD",
    resolver_endpoint_id=None if base.REPAIRED else "rslvr-out-0123456789abcdef0",
    target_ips=None if base.REPAIRED else [{"ip": "192.168.1.53"}],
)
aws.route53.ResolverRuleAssociation("association", resolver_rule_id=rule.id, vpc_id=base.vpc.id)
