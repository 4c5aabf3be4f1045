"""Nobody says anything about tokens."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
base.agent(subnet, leave_out=() if base.REPAIRED else ("metadata_options",))  # NOT OK: agent: silence is not a requirement
