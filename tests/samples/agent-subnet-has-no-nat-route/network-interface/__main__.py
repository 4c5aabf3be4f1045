"""The default route goes to a network interface."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
card = aws.ec2.NetworkInterface("appliance", subnet_id=gateways.id)
if not base.REPAIRED:
    # NOT OK: way-out: through an appliance that is not the gateway
    aws.ec2.Route("way-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", network_interface_id=card.id)
