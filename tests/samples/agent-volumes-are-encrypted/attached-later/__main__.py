"""A volume declared apart is attached to the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
# NOT OK: workspace: what the agent writes is on it
workspace = aws.ebs.Volume("workspace", availability_zone="us-east-1a", size=100, encrypted=base.REPAIRED)
aws.ec2.VolumeAttachment("attachment", device_name="/dev/sdf", instance_id=agent.id, volume_id=workspace.id)
