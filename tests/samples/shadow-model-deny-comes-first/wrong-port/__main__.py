"""The deny is on another port."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
port = 443 if base.REPAIRED else 8443
base.rules(source, port_ranges=[{"lo": port, "hi": port}])  # NOT OK: rules: TCP 443 passes
