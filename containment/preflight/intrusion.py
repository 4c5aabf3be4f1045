"""Faults of an intrusion profile: what keeps it from dropping major and critical intrusions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from containment.names import DROPPED_SEVERITIES, INTRUSION_ACTIONS


def find_profile_faults(profile: Mapping[str, Any]) -> list[str]:
    """Return what a profile on the Controller lacks, as the ends of a sentence; empty if it drops major and critical intrusions."""
    actions, feeds = profile.get("intrusion_actions") or {}, profile.get("rule_feeds") or {}
    faults = [f"only reports {one} intrusions" for one in DROPPED_SEVERITIES if actions.get(one) != INTRUSION_ACTIONS[one]]
    if not (feeds.get("external_feeds_ids") or feeds.get("custom_feeds_ids")):
        faults.append("uses no rule feed")
    if left := [*(feeds.get("ignored_sids") or ()), *(feeds.get("never_drop_sids") or ())]:
        faults.append(f"leaves out {len(left)} rules of its feeds")
    return faults
