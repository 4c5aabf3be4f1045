"""The deny is for another port."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

port = 53 if place.REPAIRED else 5353
ranges = [{"lo": port, "hi": port}]
place.vend(rules={"dns-elsewhere-udp": {"port_ranges": ranges}})  # NOT OK: rules: port 53 stays open
