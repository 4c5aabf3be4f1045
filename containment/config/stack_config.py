"""All configuration keys of a stack, each with type, default, description, reason and fix.

Keys are flat camelCase: the Aviatrix blueprint's inputs, and this product's additions. `Pulumi.yaml` declares the same keys; a test
compares the two. This module and `keys` define single values; `validation` checks between keys, and `parse` reads and reports.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from containment.config.controller_release import ControllerRelease
from containment.config.keys.destinations import DestinationKeys
from containment.config.keys.host import HostKeys
from containment.config.keys.key import Keys, declare_key
from containment.config.keys.logs import LogKeys
from containment.config.keys.network import NetworkKeys
from containment.config.keys.sessions import SessionKeys
from containment.config.pulumi_format.unquoted_values import ACCOUNT_NAME, Flag
from containment.config.values import Prefix, Tags, make_text_validator
from containment.names import DEFAULT_PREFIX, ControllerVersion, PolicyMode


class IdentityKeys(Keys):
    """Identity of the stack: names, class, mode, region, account and Controller."""

    name_prefix: Prefix = declare_key(
        DEFAULT_PREFIX, "Prefix of every object's name and of every rule.", "log lines show it", "set a short name"
    )
    agent_class: Annotated[str, make_text_validator(r"[a-z][a-z0-9-]*", "the name of a file in presets/")] = declare_key(
        "coding", "The agent class: a file in presets/.", "the class decides which destinations are permitted", "name a class from presets/"
    )
    policy_mode: PolicyMode = declare_key(
        PolicyMode.MONITOR,
        "monitor (denies are watched and logged) or enforce (denies are applied).",
        "it decides whether anything is blocked",
        "set monitor or enforce",
    )
    aws_region: Annotated[str, make_text_validator(r"[a-z]{2}(-[a-z]+)+-\d", "an AWS region such as us-east-1")] = declare_key(
        "us-east-1", "AWS region of the VPC, the host and the gateway.", "endpoint names are made from it", "set a region such as us-east-1"
    )
    aws_access_account: Annotated[str, Field(min_length=1), ACCOUNT_NAME] = declare_key(
        ...,
        "The Controller's name for the AWS account.",
        "the Controller makes the gateway in it",
        "pulumi config set awsAccessAccount NAME",
    )
    tags: Tags = declare_key({}, "Tags for every AWS resource.", "owners are found by them", "set an object of texts")
    controller_version: Annotated[ControllerRelease, BeforeValidator(ControllerRelease.parse)] = declare_key(
        ControllerRelease(ControllerVersion.V9_0),
        "Release of the Controller, MAJOR.MINOR or whole (9.0.10); picks the provider release and its features.",
        "the provider refuses a Controller of another MAJOR.MINOR, and some features came with a patch release",
        "set 8.1, 8.2, 9.0 or 10.0, or the whole release, such as 9.0.10",
    )
    manage_controller_policy: Flag = declare_key(
        False,
        "Own the Controller-wide policy list and default action (a dedicated Controller only).",
        "the list is Controller-wide and written blindly: two owners destroy each other's rules",
        "leave false and run platform/ once, or dedicate a Controller to this stack",
    )


class StackConfig(
    SessionKeys, LogKeys, DestinationKeys, HostKeys, NetworkKeys, IdentityKeys
):  # pydantic lists the last base's fields first
    """The configuration of one agent stack, each value valid by itself."""
