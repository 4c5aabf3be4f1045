"""No default route, but two halves that cover everything."""

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
    # NOT OK: lower: half of the internet
    aws.ec2.Route("lower", route_table_id=table.id, destination_cidr_block="0.0.0.0/1", nat_gateway_id=nat.id)
    # NOT OK: upper: the other half
    aws.ec2.Route("upper", route_table_id=table.id, destination_cidr_block="128.0.0.0/1", nat_gateway_id=nat.id)
