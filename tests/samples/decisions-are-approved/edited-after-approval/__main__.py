"""The policy was edited after it was approved: one name more."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import base

TAGS = {**base.TAGS, "AgentClass": "coding", "PolicyMode": "enforce"}
NAMES = ("openclaw.ai",) if base.REPAIRED else ("openclaw.ai", "docs.openclaw.ai")

agents = base.smart_group("sg-agent-workload", {"type": "vm", "tags": {"Role": TAGS["Role"]}}, {"cidr": "10.42.10.0/24"})
subnet = base.agent_subnet()
base.agent_table(subnet)
# NOT OK: agent: enforced, and its policy is not the one that was approved
base.agent(subnet, tags=TAGS)
denied = base.web_group("wg-unapproved-model-providers", *base.SHADOW_MODELS)
everywhere = {"dst_smart_groups": [base.ANYWHERE], "protocol": "ANY", "port_ranges": None}
base.aviatrix.DistributedFirewallingPolicyList(
    "rules",
    policies=[
        base.rule("shadow-model-deny", 10, "DENY", agents, denied),
        base.rule("allow-core", 50, "PERMIT", agents, base.web_group("wg-openclaw-core", *NAMES)),
        base.rule("default-deny", 200, "DENY", agents, **everywhere),
    ],
)
