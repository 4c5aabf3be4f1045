"""Verified Access lets people in to the agents' subnet by its addresses."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aws as aws

made = place.vend()
apart = aws.ec2.Vpc("apart", cidr_block="10.90.0.0/16")
tools = aws.ec2.Subnet("tools", vpc_id=apart.id, cidr_block="10.90.1.0/24")
subnet = tools if place.REPAIRED else made["agents"]
aws.verifiedaccess.Endpoint(  # NOT OK: people: they open connections to every host of the subnet
    "people",
    verified_access_group_id="vagr-0123456789abcdef0",
    attachment_type="vpc",
    endpoint_type="cidr",
    cidr_options={"cidr": "10.64.10.0/24", "port_ranges": [{"from_port": 22, "to_port": 22}], "protocol": "tcp", "subnet_ids": [subnet.id]},
)
