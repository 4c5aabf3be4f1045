"""A permit by address opens a whole private block."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

network = "10.8.0.0/24" if place.REPAIRED else "10.0.0.0/8"
inside = aviatrix.SmartGroup("inside", name="inside", selector=place_policy.cidrs(network))
api = {
    "priority": 42,
    "action": "PERMIT",
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "dst_smart_groups": [inside.uuid],
    "protocol": "TCP",
    "port_ranges": [{"lo": 443, "hi": 443}],
    "logging": True,
}
place.vend(rules={"allow-inside": api})  # NOT OK: rules: every neighbour is permitted
