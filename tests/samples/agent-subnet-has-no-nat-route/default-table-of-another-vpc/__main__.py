"""The default route table of a VPC given by its id is taken over."""

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
# NOT OK: taken-over: subnets without a table of their own follow it
aws.ec2.DefaultRouteTable(
    "taken-over",
    default_route_table_id=other.default_route_table_id if base.REPAIRED else "rtb-0123456789abcdef0",
    routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-0123456789abcdef0"}],
)
