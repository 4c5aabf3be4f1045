"""An endpoint leads to another customer's service."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    aws.ec2.VpcEndpoint(  # NOT OK: partner: an exit without a public address
        "partner",
        vpc_id=base.vpc.id,
        service_name="com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
        vpc_endpoint_type="Interface",
        subnet_ids=[subnet.id],
    )
