"""A deny of names stands behind a permit by address that takes some of what it names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

inside = aviatrix.SmartGroup("inside", name="inside", selector=place_policy.cidrs("10.8.0.0/24"))
paste = aviatrix.WebGroup("paste", name="paste", selector=place_policy.sni("pastebin.com"))
https = {
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "protocol": "TCP",
    "port_ranges": [{"lo": 443, "hi": 443}],
    "logging": True,
}
permit = {**https, "priority": 42, "action": "PERMIT", "dst_smart_groups": [inside.uuid]}
deny = {**https, "priority": 12 if place.REPAIRED else 43, "action": "DENY", "web_groups": [paste.uuid]}
deny["dst_smart_groups"] = [place_policy.ANYWHERE]
# NOT OK once ids are known: rules: the names are permitted towards the addresses that are permitted
place.vend(rules={"allow-inside": permit, "deny-paste": deny})
