"""The deny is for UDP."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
base.rules(source, protocol="TCP" if base.REPAIRED else "UDP")  # NOT OK: rules: TCP 443 passes
