"""A permit of names says that TLS is not demanded."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

gateways, subnet = base.gateway_subnet(), base.agent_subnet()
base.agent_table(subnet)
base.agent(subnet)
source = base.agents_group()
demand = "TLS_REQUIRED" if base.REPAIRED else "APP_UNSPECIFIED"
git = base.web_group("git", "github.com")
# NOT OK: rules: a Host header is enough
base.rules(source, base.rule("allow-git", 60, "PERMIT", source, git, flow_app_requirement=demand))
