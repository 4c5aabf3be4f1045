"""A second interface is attached to the host afterwards, with an elastic IP."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
agent = base.agent(subnet)
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id)
aws.ec2.NetworkInterfaceAttachment("plugged", instance_id=agent.id, network_interface_id=card.id, device_index=1)
address = aws.ec2.Eip("address", domain="vpc")
if not base.REPAIRED:
    # NOT OK: joined: the interface is attached to the host
    aws.ec2.EipAssociation("joined", allocation_id=address.id, network_interface_id=card.id)
