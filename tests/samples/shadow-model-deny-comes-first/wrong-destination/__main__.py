"""The deny is for private addresses."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
inside = base.smart_group("inside", {"cidr": "10.0.0.0/8"})
# NOT OK: rules: the providers are not inside
base.rules(source, dst_smart_groups=[base.PUBLIC_INTERNET if base.REPAIRED else inside.uuid])
