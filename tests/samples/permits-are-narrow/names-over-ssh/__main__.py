"""A permit of names is for more ports than TLS on 443 has."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

ports = [{"lo": port, "hi": port} for port in ((443,) if place.REPAIRED else (22, 443, 853))]
place.vend(rules={"allow-core": {"port_ranges": ports}})  # NOT OK: rules: 22 and 853 carry no checked server name
