"""An internal service is permitted by address, and the resolver answers its name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

made = place.vend(
    names={"domains": ["openclaw.ai", "*.openclaw.ai", "git.acme.example"]},
    rules={
        "git": {
            "priority": 42,
            "action": "PERMIT",
            "src_smart_groups": lambda of: [of["agent-workload"].uuid],
            "dst_smart_groups": lambda of: [aviatrix.SmartGroup("git", name="git", selector=place_policy.cidrs("10.8.0.0/28")).uuid],
            "protocol": "TCP",
            "port_ranges": [{"lo": 443, "hi": 443}],
            "logging": True,
        }
    },
)
