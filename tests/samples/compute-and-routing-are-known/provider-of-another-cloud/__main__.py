"""The calls of the provider go to a server that is not AWS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
address = "https://s3.us-east-1.amazonaws.com" if base.REPAIRED else "http://localhost:4566"
# NOT OK: elsewhere: what is judged is not what is made
elsewhere = aws.Provider("elsewhere", region="us-east-1", endpoints=[{"s3": address}], s3_use_path_style=True)
aws.s3.Bucket("archive", opts=pulumi.ResourceOptions(provider=elsewhere))
