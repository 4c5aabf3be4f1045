"""The deny is for other hosts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
others = base.smart_group("others", {"type": "vm", "tags": {"Role": "build-server"}})
# NOT OK once ids are known: rules: the agents are not among them
base.rules(source, src_smart_groups=[source.uuid if base.REPAIRED else others.uuid])
