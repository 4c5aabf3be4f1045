"""External DNS is only watched, in enforce."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

watch = None if place.REPAIRED else True
place.vend(rules={"dns-elsewhere-udp": {"watch": watch}})  # NOT OK: rules: the host is not in monitor
