"""The interface the host is given has an IPv6 address."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
# NOT OK: card: an IPv6 address is public
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id, ipv6_addresses=[] if base.REPAIRED else ["2600:1f18:1234:5600::10"])
base.agent(subnet, leave_out=("subnet_id", "associate_public_ip_address"), primary_network_interface={"network_interface_id": card.id})
