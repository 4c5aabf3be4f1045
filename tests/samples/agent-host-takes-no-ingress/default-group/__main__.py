"""The host is in its VPC's default group."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
group = aws.ec2.SecurityGroup("own", vpc_id=base.vpc.id, egress=[])
# NOT OK: agent: everything else that names no group is in it too
base.agent(subnet, vpc_security_group_ids=[group.id if base.REPAIRED else base.vpc.default_security_group_id])
