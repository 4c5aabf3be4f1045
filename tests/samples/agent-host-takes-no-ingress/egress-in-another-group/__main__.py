"""An egress rule is added to a security group given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
group = aws.ec2.SecurityGroup("tools", vpc_id=base.vpc.id, ingress=[], egress=[])
# NOT OK: opened: whoever owns the group did not state it
aws.ec2.SecurityGroupRule(
    "opened",
    type="egress",
    security_group_id=group.id if base.REPAIRED else "sg-0123456789abcdef0",
    protocol="-1",
    from_port=0,
    to_port=0,
    cidr_blocks=["0.0.0.0/0"],
)
