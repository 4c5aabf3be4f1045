"""A denied provider is permitted in another spelling."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

name = "docs.openclaw.ai" if place.REPAIRED else "API.Mistral.AI."
# NOT OK: core: denied and permitted
place.vend(core={"selector": place_policy.sni("openclaw.ai", name)})
