"""A place's gateway endpoint has no policy."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place

place.vend(endpoint_s3={} if place.REPAIRED else {"policy": None})  # NOT OK: endpoint-s3: any bucket of anybody
