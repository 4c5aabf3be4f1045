"""A ruleset, and the Controller's whole list beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

made = place.vend()
rest = {
    "name": "rest",
    "priority": 1000,
    "action": "DENY",
    "src_smart_groups": [made["agent-workload"].uuid],
    "dst_smart_groups": [place_policy.ANYWHERE],
    "protocol": "ANY",
    "logging": True,
}
if not place.REPAIRED:
    aviatrix.DistributedFirewallingPolicyList("list", policies=[rest])  # NOT OK: list: it is written whole, over everybody's rules
