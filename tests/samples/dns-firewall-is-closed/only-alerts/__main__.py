"""The last rule alerts, and the host is in enforce."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

does = {} if place.REPAIRED else {"action": "ALERT", "block_response": None}
place.vend(stop_the_rest=does)  # NOT OK: stop-the-rest: an alert stops nothing
