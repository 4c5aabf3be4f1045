"""Answers of the metadata service reach containers on the host."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
hops = 1 if base.REPAIRED else 2
base.agent(subnet, metadata_options={"http_tokens": "required", "http_put_response_hop_limit": hops})  # NOT OK: agent: two hops
