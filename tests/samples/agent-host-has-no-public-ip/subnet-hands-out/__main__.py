"""The host says nothing, and its subnet gives an address to whoever starts in it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

base.gateway_subnet()
subnet = base.agent_subnet(map_public_ip_on_launch=not base.REPAIRED)  # NOT OK: agents: its hosts get public addresses
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet, leave_out=("associate_public_ip_address",))
