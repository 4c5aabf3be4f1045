"""A provider is missing from the deny, and a wildcard permit reaches it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
denied = tuple(base.SHADOW_MODELS) if base.REPAIRED else tuple(base.SHADOW_MODELS[1:])
wide = base.web_group("wide", "*.openai.com")
# NOT OK once ids are known: rules: nothing stops api.openai.com before the permit
base.rules(source, base.rule("allow-wide", 60, "PERMIT", source, wide), shadow=denied)
