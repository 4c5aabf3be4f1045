"""An association of its own joins an elastic IP and the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
address = aws.ec2.Eip("address", domain="vpc")
if not base.REPAIRED:
    aws.ec2.EipAssociation("joined", allocation_id=address.id, instance_id=agent.id)  # NOT OK: joined: it puts the address on the host
