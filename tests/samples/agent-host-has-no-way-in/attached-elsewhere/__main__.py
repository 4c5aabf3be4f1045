"""An interface in the agents' subnet is attached to an instance given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
card = aws.ec2.NetworkInterface("card", subnet_id=subnet.id)
if not base.REPAIRED:
    # NOT OK: plugged: another program's machine is then among the agents
    aws.ec2.NetworkInterfaceAttachment("plugged", instance_id="i-0123456789abcdef0", network_interface_id=card.id, device_index=1)
