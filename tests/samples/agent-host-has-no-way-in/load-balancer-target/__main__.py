"""The host is a target of a load balancer."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
group = aws.lb.TargetGroup("targets", port=443, protocol="TCP", vpc_id=base.vpc.id)
if not base.REPAIRED:
    # NOT OK: attachment: the balancer has the public address
    aws.lb.TargetGroupAttachment("attachment", target_group_arn=group.arn, target_id=agent.id, port=443)
