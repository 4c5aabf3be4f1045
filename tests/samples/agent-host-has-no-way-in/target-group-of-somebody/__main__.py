"""An address joins a target group of another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
group = aws.lb.TargetGroup("targets", port=443, protocol="TCP", vpc_id=base.vpc.id, target_type="ip")
others = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/others/0123456789abcdef"
# NOT OK: attachment: who may open connections to the balancer cannot be seen
aws.lb.TargetGroupAttachment("attachment", target_group_arn=group.arn if base.REPAIRED else others, target_id="10.42.0.20")
