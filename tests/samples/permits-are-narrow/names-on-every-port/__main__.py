"""Names are permitted on every port."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

ports = [{"lo": 443, "hi": 443}] if place.REPAIRED else None
place.vend(as_list=True, rules={"allow-core": {"port_ranges": ports}})  # NOT OK: rules: TLS on any port is a tunnel
