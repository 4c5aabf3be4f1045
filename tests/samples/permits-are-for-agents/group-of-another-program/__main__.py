"""A permit is for a group of another program as well, given by its id."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

theirs = "0b5f9b0e-6a0f-4d55-9a51-2f3c1c7f9a10"


def sources(made):
    """Return the agents, and until it is repaired a group of others."""
    agents = made["agent-workload"].uuid
    return [agents] if place.REPAIRED else [agents, theirs]


place.vend(rules={"allow-core": {"src_smart_groups": sources}})  # NOT OK: rules: others decide who is in that group
