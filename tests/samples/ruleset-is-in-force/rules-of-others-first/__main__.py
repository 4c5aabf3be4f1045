"""A policy group evaluates somebody else's ruleset first."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

made = place.vend(ruleset={"attach_to": None})
first, second = (20, 10) if place.REPAIRED else (10, 20)
aviatrix.DcfPolicyGroup(  # NOT OK: all-rules: what that ruleset permits is decided by then
    "all-rules",
    name="all-rules",
    attach_to="defa11a1-3000-4001-0000-000000000000",
    ruleset_references=[
        {"priority": first, "target_uuid": "5b0c3c1e-7d1a-4a55-9b51-0a1b2c3d4e5f"},
        {"priority": second, "target_uuid": made["rules"].id},
    ],
)
