"""A router that sends prompts to any provider is permitted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["gateway.acme.example"] if place.REPAIRED else ["gateway.ai.cloudflare.com"]
# NOT OK: core: it hides the provider behind one name
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
