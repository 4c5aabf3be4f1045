"""The launch template allows IMDSv1."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
template = aws.ec2.LaunchTemplate(  # NOT OK: template: IMDSv1 still answers
    "template", metadata_options={"http_tokens": "required" if base.REPAIRED else "optional", "http_endpoint": "enabled"}
)
base.agent(subnet, leave_out=("metadata_options",), launch_template={"name": template.name, "version": "$Latest"})
