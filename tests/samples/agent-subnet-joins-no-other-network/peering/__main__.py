"""A route leads to one network of a peered VPC."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
other = aws.ec2.Vpc("other", cidr_block="10.77.0.0/16")
peering = aws.ec2.VpcPeeringConnection("peering", vpc_id=base.vpc.id, peer_vpc_id=other.id, auto_accept=True)
if not base.REPAIRED:
    # NOT OK: to-the-other: the gateway never sees it
    aws.ec2.Route("to-the-other", route_table_id=table.id, destination_cidr_block="10.77.0.0/16", vpc_peering_connection_id=peering.id)
