"""Permits for DNS and for private endpoints stand ahead of the deny: they can match nothing it denies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

base.gateway_subnet()
subnet = base.agent_subnet()
base.agent_table(subnet, routes=[{"cidr_block": "10.42.0.0/16", "gateway_id": "local"}])
source = base.agents_group()
resolver = base.smart_group("resolver", {"cidr": "10.42.0.2/32"})
dns = {"dst_smart_groups": [resolver.uuid], "port_ranges": [{"lo": 53, "hi": 53}]}
base.rules(
    source,
    base.rule("dns-udp", 1, "PERMIT", source, protocol="UDP", **dns),
    base.rule("dns-tcp", 2, "PERMIT", source, **dns),
)
base.agent(subnet)
