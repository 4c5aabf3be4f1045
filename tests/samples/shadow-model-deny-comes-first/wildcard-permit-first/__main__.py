"""A permit whose wildcard, in capitals and with a dot, swallows a provider comes first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
wide = base.web_group("wide", "*.OpenAI.com.")
priority = 190 if base.REPAIRED else 5
base.rules(source, base.rule("allow-wide", priority, "PERMIT", source, wide))  # NOT OK: rules: the permit comes before the deny
