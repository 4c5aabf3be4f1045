"""Rules are a ruleset on an attachment point of a policy group."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

base.gateway_subnet()
subnet = base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
group = aviatrix.DcfPolicyGroup(
    "group", name="group", attach_to=base.BEFORE_UI, attachment_points=[{"name": "agents-sample", "priority": 10}]
)
point = group.attachment_points.apply(lambda made: made[0]["uuid"] if made else "")
aviatrix.DcfRuleset(
    "ruleset",
    name="ruleset",
    attach_to=point,
    rules=[
        base.rule("allow-core", 50, "PERMIT", source, base.web_group("core", "openclaw.ai")),
        base.rule("shadow-model-deny", 10, "DENY", source, base.web_group("shadow-models", *base.SHADOW_MODELS)),
    ],
)
