"""Everything may go to the internet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

broad = {
    "priority": 60,
    "action": "PERMIT",
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "dst_smart_groups": [place_policy.PUBLIC_INTERNET],
    "protocol": "ANY",
    "port_ranges": None,
    "logging": True,
}
place.vend(rules={} if place.REPAIRED else {"allow-all": broad})  # NOT OK: rules: any protocol, any port
