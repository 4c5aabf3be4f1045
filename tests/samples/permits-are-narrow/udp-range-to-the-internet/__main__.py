"""A permit to the internet is for UDP from port 53 up: everything behind the denies of DNS."""

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
    "protocol": "UDP",
    "port_ranges": [{"lo": 53, "hi": 65000}],
    "logging": True,
}
# NOT OK: rules: UDP to any host, tunnels and QUIC among them
place.vend(rules={} if place.REPAIRED else {"allow-range": permit})
