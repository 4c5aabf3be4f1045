"""Nobody says that source NAT is on."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

snat = True if place.REPAIRED else None
place.vend(spoke={"single_ip_snat": snat})  # NOT OK: spoke: the provider's default is off
