"""A permit is for another team's hosts as well."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy
import pulumi_aviatrix as aviatrix

team = aviatrix.SmartGroup("team", name="team", selector=place_policy.cidrs("10.99.0.0/24"))


def sources(made):
    """Return the agents, and until it is repaired the team."""
    agents = made["agent-workload"].uuid
    return [agents] if place.REPAIRED else [agents, team.uuid]


place.vend(rules={"allow-core": {"src_smart_groups": sources}})  # NOT OK: rules: hosts that are no agents
