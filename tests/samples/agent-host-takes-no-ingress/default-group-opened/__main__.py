"""A host names no group, and the program lets members of the default group in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
ingress = [] if base.REPAIRED else [{"protocol": "-1", "from_port": 0, "to_port": 0, "self": True}]
# NOT OK: default: a host without a group is in it
aws.ec2.DefaultSecurityGroup("default", vpc_id=base.vpc.id, ingress=ingress, egress=[])
