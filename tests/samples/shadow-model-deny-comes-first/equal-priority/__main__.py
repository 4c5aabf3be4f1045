"""Permit and deny have one priority, and the permit stands first."""

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
permit = base.rule("allow-all-web", 10, "PERMIT", source, web_groups=[base.ALL_WEB])
# NOT OK: rules: equal priorities go by place
aviatrix.DistributedFirewallingPolicyList("rules", policies=[deny, permit] if base.REPAIRED else [permit, deny])
