"""Part of the agent runs as a function, where no rule looks."""

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
    # NOT OK: tool: it runs code in a network of its own
    aws.lambda_.Function(
        "tool", role="arn:aws:iam::123456789012:role/tool", runtime="python3.13", handler="tool.run", s3_bucket="b", s3_key="k"
    )
