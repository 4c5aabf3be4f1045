"""A table that leads out is made the main one, and the agents use the main one."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

subnet = base.agent_subnet()
table = aws.ec2.RouteTable("open-table", vpc_id=base.vpc.id)
# NOT OK: way-out: the table is the main one
aws.ec2.Route("way-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=base.internet.id)
if base.REPAIRED:
    base.agent_table(subnet)
aws.ec2.MainRouteTableAssociation("becomes-main", vpc_id=base.vpc.id, route_table_id=table.id)
base.rules(base.agents_group())
base.agent(subnet)
