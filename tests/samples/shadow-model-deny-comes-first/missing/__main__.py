"""No rule denies shadow models by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
if base.REPAIRED:
    base.rules(source)
else:
    core = base.web_group("core", "openclaw.ai")
    # NOT OK: rules: nothing names the shadow models
    aviatrix.DistributedFirewallingPolicyList("rules", policies=[base.rule("allow-core", 50, "PERMIT", source, core)])
