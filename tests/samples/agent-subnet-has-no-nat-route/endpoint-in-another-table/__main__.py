"""A gateway endpoint writes its route into a table given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
elsewhere = [] if base.REPAIRED else ["rtb-0123456789abcdef0"]
# NOT OK: buckets: its policy was judged for this program's hosts only
aws.ec2.VpcEndpoint(
    "buckets",
    vpc_id=base.vpc.id,
    service_name="com.amazonaws.us-east-1.s3",
    vpc_endpoint_type="Gateway",
    route_table_ids=[table.id, *elsewhere],
)
