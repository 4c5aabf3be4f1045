"""The account default that requires tokens is set with a provider that has other credentials."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
profile = None if base.REPAIRED else "defaults"
here, setting = aws.Provider("here", region="us-east-1"), aws.Provider("setting", region="us-east-1", profile=profile)
defaults = aws.ec2.InstanceMetadataDefaults(
    "defaults", http_tokens="required", http_put_response_hop_limit=1, opts=pulumi.ResourceOptions(provider=setting)
)
opts = pulumi.ResourceOptions(provider=here, depends_on=[defaults])
base.agent(subnet, leave_out=("metadata_options",), opts=opts)  # NOT OK: agent: a default applies in its own account only
