"""DNS over UDP is denied by no rule of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(rules={} if place.REPAIRED else {"dns-elsewhere-udp": None})  # NOT OK: rules: nothing names DNS over UDP
