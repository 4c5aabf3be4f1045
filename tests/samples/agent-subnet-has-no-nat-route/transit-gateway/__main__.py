"""The default route goes to a transit gateway."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
hub = aws.ec2transitgateway.TransitGateway("hub")
if not base.REPAIRED:
    # NOT OK: way-out: through somebody else's network
    aws.ec2.Route("way-out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", transit_gateway_id=hub.id)
