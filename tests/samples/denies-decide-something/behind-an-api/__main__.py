"""A deny of a few hosts stands behind a permit of their whole network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

inside = aviatrix.SmartGroup("inside", name="inside", selector=place_policy.cidrs("10.8.0.0/24"))
ledgers = aviatrix.SmartGroup("ledgers", name="ledgers", selector=place_policy.cidrs("10.8.0.16/28"))
over_tls = {
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "protocol": "TCP",
    "port_ranges": [{"lo": 443, "hi": 443}],
    "logging": True,
}
permit = {**over_tls, "priority": 42, "action": "PERMIT", "dst_smart_groups": [inside.uuid]}
deny = {**over_tls, "priority": 41 if place.REPAIRED else 43, "action": "DENY", "dst_smart_groups": [ledgers.uuid]}
place.vend(rules={"allow-inside": permit, "deny-ledgers": deny})  # NOT OK once ids are known: rules: the permit takes the ledgers too
