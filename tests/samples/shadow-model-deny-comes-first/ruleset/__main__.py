"""The rules are a ruleset, with a permit ahead of the deny."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
deny = base.rule("shadow-model-deny", 10, "DENY", source, base.web_group("shadow-models", *base.SHADOW_MODELS))
permit = base.rule("allow-packages", 60 if base.REPAIRED else 1, "PERMIT", source, base.web_group("packages", "*.googleapis.com"))
# NOT OK: ruleset: the permit comes before the deny
aviatrix.DcfRuleset("ruleset", name="ruleset", attach_to=base.BEFORE_UI, rules=[deny, permit])
