"""The deny of paste sites is for everything but TLS."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

sites = aviatrix.WebGroup("sites", name="sites", selector=place_policy.sni("pastebin.com", "webhook.site"))
paste = {
    "priority": 12,
    "action": "DENY",
    "src_smart_groups": lambda made: [made["agent-workload"].uuid],
    "dst_smart_groups": [place_policy.PUBLIC_INTERNET],
    "web_groups": [sites.uuid],
    "protocol": "TCP",
    "port_ranges": [{"lo": 443, "hi": 443}],
    "logging": True,
    "flow_app_requirement": "APP_UNSPECIFIED" if place.REPAIRED else "NOT_TLS_REQUIRED",
}
place.vend(rules={"paste-deny": paste})  # NOT OK: rules: who speaks TLS is not denied
