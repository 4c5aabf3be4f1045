"""The agents share the route table of the gateway subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = aws.ec2.RouteTable("shared", vpc_id=base.vpc.id)
aws.ec2.RouteTableAssociation("agent-association", subnet_id=subnet.id, route_table_id=table.id)
if not base.REPAIRED:
    # NOT OK: way-out: straight to the internet
    aws.ec2.Route("way-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=base.internet.id)
base.rules(base.agents_group())
base.agent(subnet)
