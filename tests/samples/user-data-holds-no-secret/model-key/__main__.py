"""User data has the key of a model provider."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
key = "$(aws secretsmanager get-secret-value --secret-id agents/nvidia)" if base.REPAIRED else "nvapi-" + "a1B2c3D4e5" * 6
base.agent(subnet, user_data=f"#!/bin/sh\nexport NVIDIA={key}\n")  # NOT OK: agent: whoever reads it pays with it
