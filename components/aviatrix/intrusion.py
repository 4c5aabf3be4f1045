"""Intrusion prevention: the profile by which the gateways inspect permits that decrypt TLS, as the Controller's default profile.

A Controller has one default profile, and it applies to every rule whose action is INTRUSION_DETECTION_PERMIT. So it has one owner: the
stack that owns the Controller's policy list, else `platform/`.
"""

from __future__ import annotations

import pulumi
import pulumi_aviatrix as aviatrix

from containment.names import INTRUSION_ACTIONS, INTRUSION_FEEDS


class IntrusionPrevention(pulumi.ComponentResource):
    """A profile that drops major and critical intrusions, and the Controller's default that names it."""

    def __init__(self, name: str, owner: str, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("containment:policy:IntrusionPrevention", name, {}, opts)
        profile = aviatrix.DcfIpsProfile(
            f"{name}-profile",
            profile_name=f"{owner}-intrusion-prevention",
            rule_feeds={"custom_feeds_ids": [], "external_feeds_ids": list(INTRUSION_FEEDS), "ignored_sids": []},
            intrusion_actions=dict(INTRUSION_ACTIONS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aviatrix.DcfDefaultIpsProfile(f"{name}-default", default_ips_profile=profile.uuid, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})
