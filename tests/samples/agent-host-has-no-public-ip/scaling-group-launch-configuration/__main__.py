"""A scaling group starts its hosts from a launch configuration that asks for addresses."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
configuration = aws.ec2.LaunchConfiguration(  # NOT OK: configuration: the group's hosts get public addresses
    "configuration",
    image_id=base.IMAGE,
    instance_type="t3.large",
    associate_public_ip_address=not base.REPAIRED,
    metadata_options=base.TOKENS,
)
aws.autoscaling.Group(
    "group",
    min_size=1,
    max_size=1,
    launch_configuration=configuration.name,
    vpc_zone_identifiers=[subnet.id],
    tags=[{"key": key, "value": value, "propagate_at_launch": True} for key, value in base.TAGS.items()],
)
