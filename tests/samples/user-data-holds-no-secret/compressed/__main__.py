"""User data is compressed and encoded, and sets a password."""

import base64
import gzip
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
told = "password_file: /run/secrets/db" if base.REPAIRED else "password: correct-horse-battery"
text = f"#cloud-config\nwrite_files:\n- path: /etc/database.yaml\n  content: '{told}'\n"
packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
base.agent(subnet, user_data_base64=packed)  # NOT OK: agent: packing hides nothing
