"""Every TCP port of the internet is open."""

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
    "protocol": "TCP",
    "port_ranges": [{"lo": 1, "hi": 40000}, {"lo": 40001, "hi": 65535}],
    "logging": True,
}
place.vend(rules={} if place.REPAIRED else {"allow-tcp": broad})  # NOT OK: rules: two halves are all ports
