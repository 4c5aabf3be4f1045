"""A program about agents without a host, so that nothing would be judged."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
if base.REPAIRED:
    base.agent(subnet)
# NOT OK: stack: no host to judge
