"""The deny stands first in the list and last by priority."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
wide = base.web_group("wide", "*.mistral.ai")
extra = base.rule("allow-wide", 60, "PERMIT", source, wide)
base.rules(source, extra, priority=10 if base.REPAIRED else 150)  # NOT OK: rules: the permit has the higher precedence
