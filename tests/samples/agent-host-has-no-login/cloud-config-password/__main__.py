"""cloud-init sets a user and unlocks its password."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
user = "lock_passwd: true" if base.REPAIRED else "lock_passwd: false"
base.agent(subnet, user_data=f"#cloud-config\nusers:\n- name: operator\n  {user}\n")  # NOT OK: agent: whoever finds the password logs in
