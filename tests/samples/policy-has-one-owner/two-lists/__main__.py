"""Two policy lists in one program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
base.rules(source)  # NOT OK: rules: a Controller has one list
again = base.rule("default-deny-again", 201, "DENY", source, dst_smart_groups=[base.ANYWHERE], protocol="ANY", port_ranges=None)
if not base.REPAIRED:
    aviatrix.DistributedFirewallingPolicyList("more", policies=[again])  # NOT OK: more: the other list
