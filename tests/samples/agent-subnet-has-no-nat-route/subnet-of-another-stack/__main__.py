"""An open route table is associated with a subnet given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
public = aws.ec2.Subnet("public", vpc_id=base.vpc.id, cidr_block="10.42.30.0/24")
opened = aws.ec2.RouteTable("opened", vpc_id=base.vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": base.internet.id}])
# NOT OK: late: the subnet may be another stack's agents'
aws.ec2.RouteTableAssociation("late", subnet_id=public.id if base.REPAIRED else "subnet-0123456789abcdef0", route_table_id=opened.id)
