"""A public destination is routed to a database network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
network = "arn:aws:odb:us-east-1:111122223333:odb-network/odbnet_0123456789"
routes = [] if base.REPAIRED else [{"cidr_block": "198.51.100.0/24", "odb_network_arn": network}]
base.agent_table(subnet, routes=routes)  # NOT OK: agent-table: every kind of target is refused that is not permitted
base.rules(base.agents_group())
base.agent(subnet)
