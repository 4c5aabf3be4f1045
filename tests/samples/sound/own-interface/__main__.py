"""The host is given an interface declared apart, in a private subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

base.gateway_subnet()
subnet = base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id, private_ips=["10.42.10.20"])
base.agent(subnet, leave_out=("subnet_id", "associate_public_ip_address"), primary_network_interface={"network_interface_id": card.id})
