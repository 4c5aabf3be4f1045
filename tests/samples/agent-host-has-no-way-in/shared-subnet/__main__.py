"""The agents' subnet is shared with other accounts."""

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
    # NOT OK: shared: their machines start next to the agent
    aws.ram.ResourceAssociation(
        "shared", resource_arn=subnet.arn, resource_share_arn="arn:aws:ram:us-east-1:111122223333:resource-share/0123"
    )
