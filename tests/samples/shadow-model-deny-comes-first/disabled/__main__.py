"""The deny is stored and never enforced."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
base.rules(source, enforcement="ENFORCE" if base.REPAIRED else "DISABLE")  # NOT OK: rules: the deny is switched off
