"""A route is declared with the native provider, whose properties the pack does not read."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
table = base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: out: it leads past the gateway
    inputs = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-0123456789abcdef0"}
    pulumi.CustomResource("aws-native:ec2:Route", "out", inputs)
