"""The schedule's role may terminate every instance."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import ending
import place

# NOT OK: deadline: its role may end every machine of the account
ending.end(place.vend(agent=ending.HOST), on=None if place.REPAIRED else "*")
