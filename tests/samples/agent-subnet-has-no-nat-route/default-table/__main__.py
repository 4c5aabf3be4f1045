"""The default table is taken over and given a way out."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aws as aws

base.gateway_subnet()
subnet = base.agent_subnet()
routes = [] if base.REPAIRED else [{"cidr_block": "0.0.0.0/0", "gateway_id": base.internet.id}]
# NOT OK: default-table: the agents use it
aws.ec2.DefaultRouteTable("default-table", default_route_table_id=base.vpc.default_route_table_id, routes=routes)
base.rules(base.agents_group())
base.agent(subnet)
