"""User data has a file that is encrypted with a passphrase."""

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
content = b"agent_class=coding\n" * 3 if base.REPAIRED else b"Salted__" + bytes(range(160, 224))
text = base64.b64encode(content).decode()
base.agent(subnet, user_data=f"#!/bin/sh\necho {text} | base64 -d > /etc/agent.enc\n")  # NOT OK: agent: it cannot be read here
