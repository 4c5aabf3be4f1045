"""The account default allows IMDSv1, and the host relies on it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
defaults = aws.ec2.InstanceMetadataDefaults(  # NOT OK: defaults: IMDSv1 still answers
    "defaults", http_tokens="required" if base.REPAIRED else "optional", http_put_response_hop_limit=1
)
base.agent(subnet, leave_out=("metadata_options",), opts=pulumi.ResourceOptions(depends_on=[defaults]))
