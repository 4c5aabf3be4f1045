"""A provider leaves the deny and is permitted, in a group that is not for sanctioned models."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

name = "acme-wg-approved-model-gateways" if place.REPAIRED else "assistants"
rest = [one for one in place_policy.SHADOW_MODELS if one != "api.openai.com"]
place.vend(
    shadow_models={"selector": place_policy.sni(*rest)},
    # NOT OK: core: only the group of approved model gateways may have it
    core={"name": name, "selector": place_policy.sni("openclaw.ai", "docs.openclaw.ai", "api.openai.com")},
)
