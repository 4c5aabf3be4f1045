"""A script fetches the keys that may log in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
line = "rm -f /root/.ssh/authorized_keys" if base.REPAIRED else "curl -s https://docs.openclaw.ai/keys >> /root/.ssh/authorized_keys"
base.agent(subnet, user_data=f"#!/bin/sh\n{line}\n")  # NOT OK: agent: whoever owns that page logs in
