"""The resolver answers names of a zone that no rule permits."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

strange = [] if place.REPAIRED else ["*.metrics.example"]
# NOT OK: allow-names: each query carries a label of data to the zone's owner
place.vend(names={"domains": ["openclaw.ai", "*.openclaw.ai", *strange]})
