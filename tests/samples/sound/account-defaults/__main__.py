"""The account's defaults are set with another provider for the same region, ahead of the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi
import pulumi_aws as aws

here, same = aws.Provider("here", region="us-east-1"), aws.Provider("same", region="us-east-1", default_tags={"tags": {"Team": "platform"}})
gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
defaults = aws.ec2.InstanceMetadataDefaults(
    "defaults", http_tokens="required", http_put_response_hop_limit=1, opts=pulumi.ResourceOptions(provider=same)
)
base.agent(subnet, leave_out=("metadata_options",), opts=pulumi.ResourceOptions(provider=here, depends_on=[defaults]))
