"""An Instance Connect endpoint stands in the VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
elsewhere = aws.ec2.Subnet("elsewhere", vpc_id=aws.ec2.Vpc("other", cidr_block="10.77.0.0/16").id, cidr_block="10.77.1.0/24")
# NOT OK: connect: SSH from anywhere, with a key for a minute
aws.ec2transitgateway.InstanceConnectEndpoint("connect", subnet_id=elsewhere.id if base.REPAIRED else subnet.id)
