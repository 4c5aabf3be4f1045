"""The gateway serves some route tables only, and those of the agents are not among them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(spoke={"route_tables": None if place.REPAIRED else ["rtb-0123456789abcdef0"]})  # NOT OK: spoke: the agents' table has no routes
