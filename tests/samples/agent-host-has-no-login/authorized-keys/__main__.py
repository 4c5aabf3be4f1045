"""User data lets somebody's SSH key in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
keys = "" if base.REPAIRED else "ssh_authorized_keys:\n  - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKh1 operator\n"
base.agent(subnet, user_data=f"#cloud-config\npackage_update: false\n{keys}")  # NOT OK: agent: a key pair by another way
