"""The deny is not logged."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
base.rules(source, logging=base.REPAIRED)  # NOT OK: rules: attempts stay invisible
