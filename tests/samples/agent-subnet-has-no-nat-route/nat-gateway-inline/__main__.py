"""The route to the NAT gateway stands inside the table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
nat = aws.ec2.NatGateway("nat", subnet_id=gateways.id, allocation_id=aws.ec2.Eip("nat-address", domain="vpc").id)
routes = [] if base.REPAIRED else [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": nat.id}]
base.agent_table(subnet, routes=routes)  # NOT OK: agent-table: past the firewall
base.rules(base.agents_group())
base.agent(subnet)
