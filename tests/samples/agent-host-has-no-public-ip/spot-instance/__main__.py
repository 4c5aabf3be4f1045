"""The host is a spot instance."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
aws.ec2.SpotInstanceRequest(
    "spot",  # NOT OK: spot: a public address on the host
    ami=base.IMAGE,
    instance_type="t3.large",
    subnet_id=subnet.id,
    associate_public_ip_address=not base.REPAIRED,
    metadata_options=base.TOKENS,
    tags=base.TAGS,
)
