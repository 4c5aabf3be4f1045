"""Another account may attach the host's interface."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id, private_ips=["10.42.10.20"])
base.agent(subnet, leave_out=("subnet_id", "associate_public_ip_address"), primary_network_interface={"network_interface_id": card.id})
if not base.REPAIRED:
    # NOT OK: lent: whoever attaches it answers in the agent's place
    aws.ec2.NetworkInterfacePermission("lent", network_interface_id=card.id, aws_account_id="444455556666", permission="INSTANCE-ATTACH")
