"""The flow log's records do not show who reached what."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

fields = ("srcaddr", "dstaddr", "dstport", "protocol", "start", "action") if place.REPAIRED else ("start", "action")
# NOT OK: flow-log: a record without addresses is of no use after an incident
place.vend(flow_log={"log_format": " ".join(f"${{{name}}}" for name in fields)})
