"""The instance asks for an IPv6 address."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet, ipv6_address_count=0 if base.REPAIRED else 1)  # NOT OK: agent: an IPv6 address is public
