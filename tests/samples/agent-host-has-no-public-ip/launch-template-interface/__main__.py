"""The launch template asks for the address; the instance only names the template."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
template = aws.ec2.LaunchTemplate(  # NOT OK: template: instances started from it get public addresses
    "template",
    metadata_options=base.TOKENS,
    network_interfaces=[{"associate_public_ip_address": "false" if base.REPAIRED else "true", "subnet_id": subnet.id}],
)
base.agent(
    subnet,
    leave_out=("subnet_id", "associate_public_ip_address", "metadata_options"),
    launch_template={"id": template.id, "version": "$Latest"},
)
