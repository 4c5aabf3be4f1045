"""A security group takes SSH from the office, inline."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
office = [{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["192.168.0.0/16"]}]
# NOT OK: own: nobody has to come in
group = aws.ec2.SecurityGroup("own", vpc_id=base.vpc.id, ingress=[] if base.REPAIRED else office, egress=[])
base.agent(subnet, vpc_security_group_ids=[group.id])
