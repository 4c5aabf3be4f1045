"""A VPN gateway fills the table with routes nobody here can see."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
vpn = aws.ec2.VpnGateway("vpn", vpc_id=base.vpc.id)
if not base.REPAIRED:
    # NOT OK: propagation: a default route may come with it
    aws.ec2.VpnGatewayRoutePropagation("propagation", route_table_id=table.id, vpn_gateway_id=vpn.id)
