"""User data writes a password file of PostgreSQL."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
line = "# see agents/db in Secrets Manager" if base.REPAIRED else "db.internal:5432:app:app:" + "Winter2026ok"
base.agent(subnet, user_data=f"#!/bin/sh\necho '{line}' > ~/.pgpass\n")  # NOT OK: agent: the last field is the password
