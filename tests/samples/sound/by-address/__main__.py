"""Permits by address: some internal services, a whole small network; the rest is by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

services = aviatrix.SmartGroup("inside", name="inside", selector=place_policy.cidrs("10.8.0.0/24", "10.9.4.16/28", "172.20.1.7/32"))
hosts = aviatrix.SmartGroup("hosts", name="hosts", selector=place_policy.cidrs("192.168.40.0/24"))
names = aviatrix.WebGroup("code", name="code", selector=place_policy.sni("api.github.com"))
base = {"action": "PERMIT", "src_smart_groups": lambda made: [made["agent-workload"].uuid], "logging": True}
ports = [{"lo": 443, "hi": 443}, {"lo": 8000, "hi": 8010}]
place.vend(
    rules={
        "allow-services": {**base, "priority": 42, "dst_smart_groups": [services.uuid], "protocol": "TCP", "port_ranges": ports},
        "allow-hosts": {**base, "priority": 43, "dst_smart_groups": [hosts.uuid], "protocol": "ANY"},
        "allow-code": {
            **base,
            "priority": 51,
            "dst_smart_groups": [place_policy.PUBLIC_INTERNET],
            "protocol": "TCP",
            "port_ranges": [{"lo": 443, "hi": 443}],
            "web_groups": [names.uuid],
            "flow_app_requirement": "TLS_REQUIRED",
        },
    }
)
