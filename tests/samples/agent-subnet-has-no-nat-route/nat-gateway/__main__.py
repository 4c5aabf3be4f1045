"""The default route goes to a NAT gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
nat = aws.ec2.NatGateway("nat", subnet_id=gateways.id, allocation_id=aws.ec2.Eip("nat-address", domain="vpc").id)
if not base.REPAIRED:
    # NOT OK: way-out: past the firewall
    aws.ec2.Route("way-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=nat.id)
