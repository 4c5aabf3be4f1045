"""The gateway's volume is not encrypted."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(spoke={"enable_encrypt_volume": place.REPAIRED})  # NOT OK: spoke: a snapshot gives its keys away
