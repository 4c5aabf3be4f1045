"""The last rule blocks one type of record."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

kind = {} if place.REPAIRED else {"q_type": "A"}
place.vend(stop_the_rest=kind)  # NOT OK: vpc: TXT records carry more than addresses
