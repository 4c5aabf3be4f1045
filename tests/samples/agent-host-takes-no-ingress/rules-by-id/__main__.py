"""A list of rule ids keeps an ingress rule that no resource of the program describes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
group = aws.ec2.SecurityGroup("own", vpc_id=base.vpc.id, egress=[])
base.agent(subnet, vpc_security_group_ids=[group.id])
# NOT OK: kept: whatever the rule lets in, it is kept
ids = [] if base.REPAIRED else ["sgr-0123456789abcdef0"]
aws.ec2.VpcSecurityGroupRulesExclusive("kept", security_group_id=group.id, ingress_rule_ids=ids, egress_rule_ids=[])
