"""A default route is added to a route table given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
if not base.REPAIRED:
    # NOT OK: way-out: the table may be another stack's agents'
    aws.ec2.Route("way-out", route_table_id="rtb-0123456789abcdef0", destination_cidr_block="0.0.0.0/0", gateway_id=base.internet.id)
