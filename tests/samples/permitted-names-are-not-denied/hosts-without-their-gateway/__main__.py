"""The program of the hosts permits a tunnel; the gateway is made in another program."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
source = base.agents_group()
group = base.web_group("more", "gateway.acme.example" if base.REPAIRED else "acme.trycloudflare.com")
# NOT OK: more: the tunnel forwards to whoever opened it
base.rules(source, base.rule("allow-more", 60, "PERMIT", source, group, flow_app_requirement="TLS_REQUIRED"))
base.agent(subnet)
