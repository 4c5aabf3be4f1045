"""A tag of the host has a key of AWS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
contact = "platform-team" if base.REPAIRED else "AKIAIOSFODNN7EXAMPLE"
base.agent(subnet, tags={**base.TAGS, "Contact": contact})  # NOT OK: agent: whoever lists instances reads it
