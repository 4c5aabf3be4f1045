"""A script of the first boot sets a password."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
line = "passwd -l ubuntu" if base.REPAIRED else "echo ubuntu:Winter2026-ok | chpasswd"
base.agent(subnet, user_data=f"#!/bin/sh\n{line}\n")  # NOT OK: agent: the serial console takes it
