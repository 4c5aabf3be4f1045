"""A permit is for all hosts of another account."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

sound = place_policy.cidrs("10.8.0.0/24")
selector = sound if place.REPAIRED else {"match_expressions": [{"type": "vm", "account_name": "production"}]}
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
place.vend(rules={"allow-elsewhere": permit})  # NOT OK: rules: an account by name, not by address
