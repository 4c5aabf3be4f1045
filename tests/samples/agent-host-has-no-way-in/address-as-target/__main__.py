"""A target group has the host's address, as a literal."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet, private_ip="10.42.10.20")
group = aws.lb.TargetGroup("targets", port=443, protocol="TCP", vpc_id=base.vpc.id, target_type="ip")
# NOT OK: attachment: an address is a host
address = "10.42.0.20" if base.REPAIRED else "10.42.10.20"
aws.lb.TargetGroupAttachment("attachment", target_group_arn=group.arn, target_id=address)
