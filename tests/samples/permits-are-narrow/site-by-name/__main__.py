"""A permit is for whatever a Site2Cloud connection leads to."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

sound = place_policy.cidrs("10.8.0.0/24")
selector = sound if place.REPAIRED else {"match_expressions": [{"s2c": "headquarters"}]}
group = aviatrix.SmartGroup("elsewhere", name="elsewhere", selector=selector)
permit = {
    "priority": 60,
    "action": "PERMIT",
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "dst_smart_groups": [group.uuid],
    "protocol": "ANY",
    "port_ranges": None,
    "logging": True,
}
place.vend(rules={"allow-elsewhere": permit})  # NOT OK: rules: a whole site, and whatever is routed through it
