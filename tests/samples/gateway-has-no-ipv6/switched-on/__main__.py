"""The gateway forwards IPv6."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

ipv6 = None if place.REPAIRED else True
place.vend(spoke={"enable_ipv6": ipv6})  # NOT OK: spoke: no deny of this policy is for IPv6
