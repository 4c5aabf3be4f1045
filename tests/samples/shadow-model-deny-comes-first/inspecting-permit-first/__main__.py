"""A permit that inspects is still a permit."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
priority = 190 if base.REPAIRED else 5
# NOT OK: rules: the permit comes before the deny
base.rules(source, base.rule("inspect-all", priority, "INTRUSION_DETECTION_PERMIT", source))
