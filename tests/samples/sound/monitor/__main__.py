"""Every deny is watched, every host says PolicyMode=monitor, and a broad permit stands last."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

base.gateway_subnet()
subnet = base.agent_subnet()
base.agent_table(subnet)
source = base.agents_group()
last = base.rule("monitor-permit", 210, "PERMIT", source, dst_smart_groups=[base.ANYWHERE], protocol="ANY", port_ranges=None)
base.rules(source, last, watch=True)
base.agent(subnet, tags={**base.TAGS, "PolicyMode": "monitor"})
