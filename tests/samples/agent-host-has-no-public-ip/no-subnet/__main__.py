"""Nobody says where the host goes, so it goes to a default subnet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
if base.REPAIRED:
    base.agent(subnet)
else:
    base.agent(subnet, leave_out=("subnet_id", "associate_public_ip_address"))  # NOT OK: agent: default subnets hand out addresses
