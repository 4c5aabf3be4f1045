"""Closed sets of words of a fleet: its engines and the commands on one stack."""

from __future__ import annotations

from enum import StrEnum


class BackendName(StrEnum):
    """The engines: the lab on this machine, or Pulumi's Automation API."""

    LAB = "lab"
    PULUMI = "pulumi"


class Verb(StrEnum):
    """The commands that run on one stack."""

    PREVIEW = "preview"
    UP = "up"
    DESTROY = "destroy"
