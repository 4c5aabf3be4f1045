"""A name is spelled with a full-width letter."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

name = "docs.openclaw.ai" if place.REPAIRED else "\uff44ocs.openclaw.ai"
# NOT OK: core: a browser reads another name than a comparison of spellings does
place.vend(core={"selector": place_policy.sni("openclaw.ai", name)})
