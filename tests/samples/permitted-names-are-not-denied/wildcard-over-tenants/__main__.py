"""A wildcard covers every customer of a shared service."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["acme.zendesk.com", "acme.openai.azure.com"] if place.REPAIRED else ["*.zendesk.com", "*.openai.azure.com"]
# NOT OK: core: anybody can become a customer and get a name there
place.vend(core={"selector": place_policy.sni("openclaw.ai", *names)})
