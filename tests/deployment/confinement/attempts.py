"""The attempts of `attempts.yaml`, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml


class Way(StrEnum):
    """How an attempt is made outside."""

    NETWORK = "network"
    MACHINE = "machine"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt; see the head of the file for the meaning of each key."""

    id: str
    code: str
    way: Way = Way.NETWORK
    root: bool = False
    unless: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "way", Way(self.way))


ATTEMPTS = tuple(Attempt(**each) for each in yaml.safe_load(Path(__file__).with_name("attempts.yaml").read_text()))
RUNNER = Path(__file__).with_name("runner.py").read_text()
"""The text of a program that makes attempts."""
