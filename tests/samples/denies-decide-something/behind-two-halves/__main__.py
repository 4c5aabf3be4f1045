"""Two permits together take all that a later deny names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix


def group(name, network):
    return aviatrix.SmartGroup(name, name=name, selector=place_policy.cidrs(network))


def rule(at, action, destination, high):
    return {
        "priority": at,
        "action": action,
        "src_smart_groups": lambda made: [made["agent-workload"].uuid],
        "dst_smart_groups": [destination.uuid],
        "protocol": "TCP",
        "port_ranges": [{"lo": 443, "hi": high}],
        "logging": True,
    }


whole = group("whole", "10.8.0.0/24")
rules = {
    "allow-first-half": rule(42, "PERMIT", group("first-half", "10.8.0.0/25"), 443),
    "allow-second-half": rule(43, "PERMIT", group("second-half", "10.8.0.128/25"), 443),
    "deny-whole": rule(44, "DENY", whole, 444 if place.REPAIRED else 443),
}
place.vend(rules=rules)  # NOT OK once ids are known: rules: the halves are the whole
