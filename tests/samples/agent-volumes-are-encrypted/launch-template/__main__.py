"""A launch template maps a volume in the clear."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
template = aws.ec2.LaunchTemplate(  # NOT OK: template: every host of the group starts with it
    "template",
    metadata_options={"http_endpoint": "enabled", **base.TOKENS},
    block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"volume_size": 30, "encrypted": "true" if base.REPAIRED else "false"}}],
    tag_specifications=[{"resource_type": "instance", "tags": base.TAGS}],
)
aws.autoscaling.Group(
    "group", min_size=1, max_size=1, vpc_zone_identifiers=[subnet.id], launch_template={"id": template.id, "version": "$Latest"}
)
