"""A profile only reports critical intrusions."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

feeds = {"custom_feeds_ids": [], "external_feeds_ids": ["suricata-rules"], "ignored_sids": []}
critical = "alert_and_drop" if place.REPAIRED else "alert"
actions = {"informational": "alert", "minor": "alert", "major": "alert_and_drop", "critical": critical}
# NOT OK: profile: the attack is reported, and goes through
aviatrix.DcfIpsProfile("profile", profile_name="agents", rule_feeds=feeds, intrusion_actions=actions)
place.vend()
