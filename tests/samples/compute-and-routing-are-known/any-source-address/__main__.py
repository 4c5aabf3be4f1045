"""The host may send packets with any source address."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

# NOT OK: agent: the rules for the agents' addresses are not for packets with another
place.vend(agent={"source_dest_check": place.REPAIRED})
