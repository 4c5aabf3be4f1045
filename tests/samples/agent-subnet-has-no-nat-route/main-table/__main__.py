"""The agents have no table of their own, and the main one leads out."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

base.gateway_subnet()
subnet = base.agent_subnet()
if base.REPAIRED:
    base.agent_table(subnet)
# NOT OK: way-out: the agents use the main table
aws.ec2.Route("way-out", route_table_id=base.vpc.main_route_table_id, destination_cidr_block="0.0.0.0/0", gateway_id=base.internet.id)
base.rules(base.agents_group())
base.agent(subnet)
