"""A scaling group asks a load balancer for connections."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
targets = aws.lb.TargetGroup("targets", port=443, protocol="TCP", vpc_id=base.vpc.id)
template = aws.ec2.LaunchTemplate(
    "template",
    metadata_options={"http_endpoint": "enabled", **base.TOKENS},
    tag_specifications=[{"resource_type": "instance", "tags": base.TAGS}],
)
aws.autoscaling.Group(  # NOT OK: group: every new host is a target
    "group",
    min_size=1,
    max_size=1,
    vpc_zone_identifiers=[subnet.id],
    launch_template={"id": template.id, "version": "$Latest"},
    target_group_arns=[] if base.REPAIRED else [targets.arn],
)
