"""A wildcard takes in a denied provider."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

wide = "docs.openclaw.ai" if place.REPAIRED else "*.openai.com"
# NOT OK: core: its other hosts are denied by no name
place.vend(core={"selector": place_policy.sni("openclaw.ai", wide)})
