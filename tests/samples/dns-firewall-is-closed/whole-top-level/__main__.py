"""The list of allowed names has a whole top-level domain."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

everything = [] if place.REPAIRED else ["*.com"]
# NOT OK: allow-names: a name server in it costs ten dollars
place.vend(names={"domains": ["openclaw.ai", "*.openclaw.ai", *everything]})
