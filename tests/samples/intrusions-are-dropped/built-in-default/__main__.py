"""The Controller returns to its built-in profile, which the program cannot see."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import place
import pulumi_aviatrix as aviatrix

feeds = {"custom_feeds_ids": [], "external_feeds_ids": ["suricata-rules"], "ignored_sids": []}
actions = {"informational": "alert", "minor": "alert", "major": "alert_and_drop", "critical": "alert_and_drop"}
profile = aviatrix.DcfIpsProfile("profile", profile_name="agents", rule_feeds=feeds, intrusion_actions=actions)
used = profile.uuid if place.REPAIRED else "defa11a1-0000-4000-8000-000000000000"
# NOT OK: default: the profile that inspects is another one
aviatrix.DcfDefaultIpsProfile("default", default_ips_profile=used)
place.vend()
