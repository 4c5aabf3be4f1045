"""A permit is for sixteen /20s, none of them wide and together a /16."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

sound = place_policy.cidrs("10.200.16.0/20")
selector = sound if place.REPAIRED else place_policy.cidrs(*(f"10.200.{third}.0/20" for third in range(0, 256, 16)))
group = aviatrix.SmartGroup("elsewhere", name="elsewhere", selector=selector)
permit = {
    "priority": 60,
    "action": "PERMIT",
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "dst_smart_groups": [group.uuid],
    "protocol": "TCP",
    "port_ranges": [{"lo": 443, "hi": 443}],
    "logging": True,
}
place.vend(rules={"allow-elsewhere": permit})  # NOT OK: rules: 65536 neighbors, a /20 at a time
