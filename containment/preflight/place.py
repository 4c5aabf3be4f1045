"""The account and the Controller that are read: clients and address, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from containment.controller_api.client import ControllerAddress
from containment.preflight.facts import UnreadFact
from containment.preflight.rights import Clients


@dataclass(frozen=True)
class LiveSystems:
    """The systems to read: clients and address, or why there are none.

    `said` is the report's heading, `overrides` is configuration that the place provides (the lab's access account), and `demanded` are
    the systems whose absence is a failure.
    """

    said: str
    clients: Clients | UnreadFact
    controller: ControllerAddress | UnreadFact
    overrides: Mapping[str, str]
    demanded: frozenset[str]
