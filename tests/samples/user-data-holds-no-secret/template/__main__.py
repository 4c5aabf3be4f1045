"""A launch template's user data has a private key in a file it writes."""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
pem = "/run/keys/agent.pem\n" if base.REPAIRED else "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIr\n-----END EC PRIVATE KEY-----\n"
written = {"path": "/etc/agent/key", "encoding": "b64", "content": base64.b64encode(pem.encode()).decode()}
document = f"#cloud-config\n{json.dumps({'write_files': [written]})}\n"
template = aws.ec2.LaunchTemplate(  # NOT OK: template: anybody who may describe templates reads it
    "template",
    user_data=base64.b64encode(document.encode()).decode(),
    metadata_options={"http_endpoint": "enabled", **base.TOKENS},
    tag_specifications=[{"resource_type": "instance", "tags": base.TAGS}],
)
aws.autoscaling.Group(
    "group", min_size=1, max_size=1, vpc_zone_identifiers=[subnet.id], launch_template={"id": template.id, "version": "$Latest"}
)
