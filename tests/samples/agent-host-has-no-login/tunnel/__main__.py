"""cloud-init starts a tunnel to the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
command = "[systemctl, mask, ssh]" if base.REPAIRED else "[tailscale, up, --ssh]"
base.agent(subnet, user_data=f"#cloud-config\nruncmd:\n- {command}\n")  # NOT OK: agent: the way in leads around every rule
