"""A profile ignores rules of its feed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

ignored = [] if place.REPAIRED else [2024897]
feeds = {"custom_feeds_ids": [], "external_feeds_ids": ["suricata-rules"], "ignored_sids": ignored}
actions = {"informational": "alert", "minor": "alert", "major": "alert_and_drop", "critical": "alert_and_drop"}
# NOT OK: profile: what these rules find goes through
aviatrix.DcfIpsProfile("profile", profile_name="agents", rule_feeds=feeds, intrusion_actions=actions)
place.vend()
