"""A host of models that the program denies nowhere is permitted beside other names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["docs.x.ai"] if place.REPAIRED else ["api.x.ai"]
# NOT OK: core: nothing records who approved the provider
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
