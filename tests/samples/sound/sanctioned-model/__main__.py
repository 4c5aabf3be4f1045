"""A provider is sanctioned: out of the deny, and in the group of approved model gateways."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import place_policy

names = ["openclaw.ai", "docs.openclaw.ai", "api.openai.com"]
rest = [one for one in place_policy.SHADOW_MODELS if one != "api.openai.com"]
place.vend(
    shadow_models={"selector": place_policy.sni(*rest)},
    core={
        "name": "acme-coding-wg-approved-model-gateways",
        "selector": place_policy.sni("openclaw.ai", "docs.openclaw.ai", "api.openai.com"),
    },
)
