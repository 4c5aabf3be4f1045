"""Tokens are optional."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
tokens = "required" if base.REPAIRED else "optional"
base.agent(subnet, metadata_options={"http_tokens": tokens})  # NOT OK: agent: IMDSv1 still answers
