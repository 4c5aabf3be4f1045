"""An interface endpoint does not answer by AWS's names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
aws.ec2.VpcEndpoint(  # NOT OK: ssm: the agent of Systems Manager goes out to the internet
    "ssm",
    vpc_id=base.vpc.id,
    service_name="com.amazonaws.us-east-1.ssm",
    vpc_endpoint_type="Interface",
    subnet_ids=[subnet.id],
    private_dns_enabled=base.REPAIRED,
)
