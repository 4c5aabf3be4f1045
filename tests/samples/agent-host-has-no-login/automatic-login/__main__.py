"""The serial console logs root in by itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
folder = "/etc/systemd/system/serial-getty@ttyS0.service"
opens = f"mkdir -p {folder}.d && printf '[Service]\\nExecStart=-/sbin/agetty -a root ttyS0\\n' > {folder}.d/login.conf"
line = f"ln -sf /dev/null {folder}" if base.REPAIRED else opens
base.agent(subnet, user_data=f"#!/bin/sh\n{line}\n")  # NOT OK: agent: whoever opens the serial console is root
