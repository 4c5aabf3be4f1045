"""Logs go out over UDP."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base
import pulumi_aviatrix as aviatrix

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
base.rules(base.agents_group())
protocol = "TCP" if base.REPAIRED else "UDP"
# NOT OK: collector: anybody on the way reads them
aviatrix.RemoteSyslog("collector", index=0, name="collector", server="logs.example.com", port=6514, protocol=protocol)
