"""The deny leads its list, and a ruleset evaluated before that list permits everything."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
base.rules(source)
where = base.AFTER_UI if base.REPAIRED else base.BEFORE_UI
# NOT OK: early: evaluated before the list with the deny
aviatrix.DcfRuleset("early", name="early", attach_to=where, rules=[base.rule("allow-all", 500, "PERMIT", source)])
