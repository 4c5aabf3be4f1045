"""The root volume says that it is not encrypted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
# NOT OK: agent: a snapshot of it is readable
base.agent(subnet, root_block_device={"encrypted": base.REPAIRED, "volume_type": "gp3"})
