"""Nobody says that the gateway's volume is encrypted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

encrypted = True if place.REPAIRED else None
place.vend(spoke={"enable_encrypt_volume": encrypted})  # NOT OK: spoke: the provider's default is off
