"""Hosts come from a scaling group with a launch template that says everything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

base.gateway_subnet()
subnet = base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
template = aws.ec2.LaunchTemplate(
    "template",
    image_id=base.IMAGE,
    instance_type="t3.large",
    metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
    network_interfaces=[{"device_index": 0, "associate_public_ip_address": "false", "delete_on_termination": "true"}],
    tag_specifications=[{"resource_type": "instance", "tags": base.TAGS}],
)
specification = {"launch_template_id": template.id, "version": template.latest_version.apply(str)}
aws.autoscaling.Group(
    "group",
    min_size=1,
    max_size=3,
    vpc_zone_identifiers=[subnet.id],
    mixed_instances_policy={"launch_template": {"launch_template_specification": specification}},
)
