"""User data exports an access key."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.rules(base.agents_group())
key = "" if base.REPAIRED else "export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"
base.agent(subnet, user_data=f"#!/bin/sh\n{key}systemctl start harness\n")  # NOT OK: agent: the metadata service hands it to anything
