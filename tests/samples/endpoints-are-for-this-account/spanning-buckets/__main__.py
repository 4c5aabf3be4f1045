"""A policy declared apart names buckets by a pattern."""

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
endpoint = aws.ec2.VpcEndpoint("s3", vpc_id=base.vpc.id, service_name="com.amazonaws.us-east-1.s3")
named = "arn:aws:s3:::reports-of-agents/*" if base.REPAIRED else "arn:aws:s3:::reports-*/*"
mine = {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}
statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": named, "Condition": mine}
# NOT OK: policy: anybody may own a bucket of that form
aws.ec2.VpcEndpointPolicy("policy", vpc_endpoint_id=endpoint.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
