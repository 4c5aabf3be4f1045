"""A wildcard over a model hub covers the hub's router to other providers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["huggingface.co"] if place.REPAIRED else ["*.huggingface.co"]
# NOT OK: core: the router takes prompts for any provider
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
