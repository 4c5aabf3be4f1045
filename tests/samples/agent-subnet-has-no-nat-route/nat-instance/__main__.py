"""An instance that forwards is the default route."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    forwarder = aws.ec2.Instance(
        "forwarder",
        ami=base.IMAGE,
        instance_type="t3.micro",
        subnet_id=gateways.id,
        associate_public_ip_address=True,
        metadata_options=base.TOKENS,
    )
    # NOT OK: way-out: through an instance that forwards for others
    aws.ec2.Route(
        "way-out",
        route_table_id=table.id,
        destination_cidr_block="0.0.0.0/0",
        network_interface_id=forwarder.primary_network_interface_id,
    )
