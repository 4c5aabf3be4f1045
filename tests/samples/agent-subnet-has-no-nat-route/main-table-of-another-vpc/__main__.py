"""An open table is made the main table of a VPC given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
other = aws.ec2.Vpc("other", cidr_block="10.77.0.0/16")
opened = aws.ec2.RouteTable("opened", vpc_id=other.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-0123456789abcdef0"}])
# NOT OK: becomes-main: subnets without a table of their own follow it
aws.ec2.MainRouteTableAssociation("becomes-main", vpc_id=other.id if base.REPAIRED else "vpc-0123456789abcdef0", route_table_id=opened.id)
