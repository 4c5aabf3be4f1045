"""No gateway and no internet at all: a host, endpoints, and the main route table."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

subnet = aws.ec2.Subnet("agents", vpc_id=base.vpc.id, cidr_block="10.42.10.0/24")
service = "com.amazonaws.us-east-1"
aws.ec2.VpcEndpoint("ssm", vpc_id=base.vpc.id, service_name=f"{service}.ssm", vpc_endpoint_type="Interface", subnet_ids=[subnet.id])
aws.ec2.VpcEndpoint("s3", vpc_id=base.vpc.id, service_name=f"{service}.s3", route_table_ids=[base.vpc.main_route_table_id])
base.rules(base.agents_group())
base.agent(subnet)
