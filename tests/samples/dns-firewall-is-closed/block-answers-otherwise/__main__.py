"""The last rule answers with another name in the place of the one it blocks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

other = {
    "block_response": "OVERRIDE",
    "block_override_domain": "sink.example",
    "block_override_dns_type": "CNAME",
    "block_override_ttl": 60,
}
# NOT OK: stop-the-rest: the host asks for the other name, whatever it asked for
place.vend(stop_the_rest={} if place.REPAIRED else other)
