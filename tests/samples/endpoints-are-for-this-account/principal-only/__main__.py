"""An endpoint demands this account's principals and takes them to any account."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
keys = {"aws:PrincipalOrgID": "o-example12345", **({"aws:ResourceOrgID": "o-example12345"} if base.REPAIRED else {})}
statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": keys}}
aws.ec2.VpcEndpoint(  # NOT OK: logs: the agent's own keys write to somebody else's log
    "logs",
    vpc_id=base.vpc.id,
    service_name="com.amazonaws.us-east-1.logs",
    vpc_endpoint_type="Interface",
    subnet_ids=[subnet.id],
    private_dns_enabled=True,
    policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
)
