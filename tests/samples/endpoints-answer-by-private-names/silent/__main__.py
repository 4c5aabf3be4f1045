"""A place's endpoint says nothing of private names."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

# NOT OK: endpoint-logs: left out it is off
place.vend(endpoint_logs={} if place.REPAIRED else {"private_dns_enabled": None})
