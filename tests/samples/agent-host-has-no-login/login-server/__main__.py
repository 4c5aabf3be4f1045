"""User data starts a shell that browsers reach."""

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
line = "systemctl mask ssh" if base.REPAIRED else "nohup ttyd -p 7681 bash &"
packed = base64.b64encode(f"#!/bin/sh\n{line}\n".encode()).decode()
base.agent(subnet, user_data_base64=packed)  # NOT OK: agent: encoding hides nothing
