"""The agents' table has a route to a data centre through a transit gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
hub = aws.ec2transitgateway.TransitGateway("hub")
routes = [] if base.REPAIRED else [{"cidr_block": "172.16.0.0/12", "transit_gateway_id": hub.id}]
base.agent_table(subnet, routes=routes)  # NOT OK: agent-table: east-west past the deny
base.rules(base.agents_group())
base.agent(subnet)
