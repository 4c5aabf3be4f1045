"""The host has an interface declared apart, and the elastic IP is put on that."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id)
base.agent(
    subnet,
    leave_out=("subnet_id", "associate_public_ip_address"),
    network_interfaces=[{"device_index": 0, "network_interface_id": card.id}],
)
if not base.REPAIRED:
    aws.ec2.Eip("address", domain="vpc", network_interface=card.id)  # NOT OK: address: the interface is the host's
