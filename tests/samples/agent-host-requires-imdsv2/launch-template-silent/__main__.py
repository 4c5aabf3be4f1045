"""Neither the instance nor its launch template says anything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
template = aws.ec2.LaunchTemplate("template", metadata_options=base.TOKENS if base.REPAIRED else None)
# NOT OK: agent: silence is not a requirement
base.agent(subnet, leave_out=("metadata_options",), launch_template={"id": template.id, "version": "$Latest"})
