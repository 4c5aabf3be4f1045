"""A rule declared apart takes everything from the group's own members."""

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
if not base.REPAIRED:
    # NOT OK: members: another agent is somebody else's host
    aws.ec2.SecurityGroupRule("members", type="ingress", security_group_id=group.id, protocol="-1", from_port=0, to_port=0, self=True)
