"""The last deny has a source of its own, made of tags."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

tagged = {"match_expressions": [{"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}]}
if place.REPAIRED:
    place.vend(as_list=True)
else:
    by_tag = aviatrix.SmartGroup("by-tag", name="by-tag", selector=tagged)  # NOT OK: by-tag: a removed tag frees an agent
    place.vend(as_list=True, rules={"default-deny": {"src_smart_groups": [by_tag.uuid]}})
