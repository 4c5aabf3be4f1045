"""Four permits are for a /21 each: none is wide, and together they are twice a /20."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

bits = 22 if place.REPAIRED else 21
rules = {}
for number in range(4):
    selector = place_policy.cidrs(f"10.200.{number * 8}.0/{bits}")
    group = aviatrix.SmartGroup(f"inside-{number}", name=f"inside-{number}", selector=selector)
    rules[f"allow-{number}"] = {
        "priority": 60 + number,
        "action": "PERMIT",
        "src_smart_groups": lambda made: [made["agent-workload"].uuid],
        "dst_smart_groups": [group.uuid],
        "protocol": "TCP",
        "port_ranges": [{"lo": 443, "hi": 443}],
        "logging": True,
    }
place.vend(rules=rules)  # NOT OK: rules: 8192 private addresses, by four permits
