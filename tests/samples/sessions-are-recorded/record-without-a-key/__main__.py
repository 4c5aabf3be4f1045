"""The record may be kept without a key."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import sessions

sessions.vend(inputs={"cloudWatchEncryptionEnabled": place.REPAIRED})  # NOT OK: shell: records contain what people typed
