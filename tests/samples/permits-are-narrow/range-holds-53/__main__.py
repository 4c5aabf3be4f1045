"""A permit to the internet is for a range of ports that has DNS's in it, and the denies of DNS leave the rest."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

permit = {
    "priority": 60,
    "action": "PERMIT",
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "dst_smart_groups": [place_policy.PUBLIC_INTERNET],
    "protocol": "TCP",
    "port_ranges": [{"lo": 1, "hi": 443}],
    "logging": True,
}
# NOT OK: rules: 442 ports of the whole internet are left
place.vend(rules={} if place.REPAIRED else {"allow-range": permit})
