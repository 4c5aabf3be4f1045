"""The instance asks for a public address itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet, associate_public_ip_address=not base.REPAIRED)  # NOT OK: agent: a public address on the host
