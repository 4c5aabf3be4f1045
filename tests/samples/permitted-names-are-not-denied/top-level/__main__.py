"""A wildcard takes in a whole top-level domain."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

wide = "*.example.com" if place.REPAIRED else "*.dev"
# NOT OK: core: anybody can register a name there
place.vend(as_list=True, core={"selector": place_policy.sni("openclaw.ai", wide)})
