"""What a stack may be configured with: every key once, with type, default, description, why it matters and its fix.

Keys are flat camelCase (the published reference's inputs, and ours). `Pulumi.yaml` declares the same keys; a test
compares the two. This module and its sections own single values; checks between keys are `spec`'s, reading and
reporting `parse`'s.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from containment.model.config_destinations import DestinationKeys
from containment.model.config_host import HostKeys
from containment.model.config_logs import LogKeys
from containment.model.config_network import NetworkKeys
from containment.model.keys import Keys, key
from containment.model.names import DEFAULT_PREFIX, ControllerVersion, PolicyMode
from containment.model.unquoted import ACCOUNT_NAME, RELEASE, Flag
from containment.model.values import Prefix, Tags, matching


class IdentityKeys(Keys):
    """Who this stack is, and where."""

    name_prefix: Prefix = key(DEFAULT_PREFIX, "Prefix of every object's name and of every rule.", "log lines show it", "set a short name")
    agent_class: Annotated[str, matching(r"[a-z][a-z0-9-]*", "the name of a file in presets/")] = key(
        "coding", "The agent class: a file in presets/.", "the class decides which destinations are permitted", "name a class from presets/"
    )
    policy_mode: PolicyMode = key(
        PolicyMode.MONITOR,
        "monitor (denies are watched and logged) or enforce (denies are applied).",
        "it decides whether anything is blocked",
        "set monitor or enforce",
    )
    aws_region: Annotated[str, matching(r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region such as us-east-1")] = key(
        "us-east-1", "AWS region of the VPC, the host and the gateway.", "endpoint names are made from it", "set a region such as us-east-1"
    )
    aws_access_account: Annotated[str, Field(min_length=1), ACCOUNT_NAME] = key(
        ...,
        "The Controller's name for the AWS account.",
        "the Controller makes the gateway in it",
        "pulumi config set awsAccessAccount NAME",
    )
    tags: Tags = key({}, "Tags for every AWS resource.", "owners are found by them", "set an object of texts")
    controller_version: Annotated[ControllerVersion, RELEASE] = key(
        ControllerVersion.V9_0,
        "MAJOR.MINOR of the Controller; picks the provider release and its features.",
        "the provider refuses a Controller of another MAJOR.MINOR",
        "set 8.1, 8.2, 9.0 or 10.0",
    )
    manage_controller_policy: Flag = key(
        False,
        "Own the Controller-wide policy list and default action (a dedicated Controller only).",
        "the list is Controller-wide and written blindly: two owners destroy each other's rules",
        "leave false and run platform/ once, or dedicate a Controller to this stack",
    )


class StackConfig(LogKeys, DestinationKeys, HostKeys, NetworkKeys, IdentityKeys):  # pydantic lists the last base's fields first
    """The configuration of one agent stack, each value valid by itself."""
