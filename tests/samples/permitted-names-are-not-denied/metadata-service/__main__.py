"""A cloud's metadata service is permitted by its name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["metadata.acme.example"] if place.REPAIRED else ["metadata.google.internal"]
# NOT OK: core: it gives out the machine's credentials
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
