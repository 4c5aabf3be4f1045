"""User data has a token in xz, in base64, in gzip."""

import base64
import gzip
import lzma
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
value = "agent_class=coding" if base.REPAIRED else "ghp_" + "a1B2c3D4e5F6" * 3
inner = base64.b64encode(lzma.compress(value.encode())).decode()
outer = base64.b64encode(gzip.compress(f"#!/bin/sh\necho {inner} | base64 -d | xz -d > /etc/agent\n".encode(), mtime=0)).decode()
base.agent(subnet, user_data_base64=outer)  # NOT OK: agent: a script undoes every layer
