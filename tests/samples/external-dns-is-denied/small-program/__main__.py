"""A small program permits DNS to the internet."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
resolver = base.smart_group("resolver", {"cidr": "10.42.0.2/32"})
where = resolver.uuid if base.REPAIRED else base.PUBLIC_INTERNET
port = [{"lo": 53, "hi": 53}]
# NOT OK: rules: DNS goes to any resolver
base.rules(source, base.rule("allow-dns", 30, "PERMIT", source, protocol="UDP", dst_smart_groups=[where], port_ranges=port))
