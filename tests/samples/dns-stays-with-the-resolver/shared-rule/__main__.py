"""A forwarding rule shared by another account is applied."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: shared: its owner may change where it leads
    aws.route53.ResolverRuleAssociation("shared", resolver_rule_id="rslvr-rr-0123456789abcdef0", vpc_id=base.vpc.id)
