"""The gateway's credentials can be read with IMDSv1."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import gateway
import place

tokens = "required" if place.REPAIRED else "optional"
options = {"http_tokens": tokens, "http_put_response_hop_limit": 1}
gateway.vend(models={"metadata_options": options})  # NOT OK: models: a forwarded request gets the role's credentials
