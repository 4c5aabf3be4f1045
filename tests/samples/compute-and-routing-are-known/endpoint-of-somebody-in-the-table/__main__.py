"""An endpoint of another program gets a route in the agents' table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import place
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
base_policy = place.own_account()
endpoint = aws.ec2.VpcEndpoint(
    "s3",
    vpc_id=base.vpc.id,
    service_name="com.amazonaws.us-east-1.s3",
    policy=base_policy,
)
# NOT OK: route: what service it leads to, and by which policy, cannot be seen
aws.ec2.VpcEndpointRouteTableAssociation(
    "route", route_table_id=table.id, vpc_endpoint_id=endpoint.id if base.REPAIRED else "vpce-0123456789abcdef0"
)
