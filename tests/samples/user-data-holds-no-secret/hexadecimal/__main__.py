"""User data unpacks a token from hexadecimal digits."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
value = "agent_class=coding" if base.REPAIRED else "gsk_" + "a1B2c3D4" * 6
base.agent(subnet, user_data=f"#!/bin/sh\necho {value.encode().hex()} | xxd -r -p > /etc/agent\n")  # NOT OK: agent: digits hide nothing
