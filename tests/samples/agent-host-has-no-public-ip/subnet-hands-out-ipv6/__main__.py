"""The subnet gives every interface an IPv6 address."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

base.gateway_subnet()
# NOT OK: agents: its hosts get IPv6 addresses
subnet = base.agent_subnet(ipv6_cidr_block="2600:1f18:1234:5600::/64", assign_ipv6_address_on_creation=not base.REPAIRED)
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet)
