"""A named exception: one host where strangers can store data, permitted to a class that otherwise may not reach such hosts.

Owns the shape of one entry of `uploadWaivers`. Whether it still holds depends on the day, which callers bring along.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from containment.model.fqdn import DomainPattern
from containment.model.keys import Keys
from containment.model.unquoted import Day
from containment.model.values import decoded
from containment.model.words import has_word


def _exact(raw: str) -> str:
    pattern = DomainPattern.parse(raw)
    if not pattern.is_exact or "." not in pattern.text:
        raise ValueError("is not one exact host: a waiver is for one destination that somebody has looked at")
    return pattern.text


def _worded(text: str) -> str:
    if not has_word(text):
        raise ValueError("contains no word: a waiver has an owner and a reason that people can look up")
    return text


class UploadWaiver(Keys):
    """One host waived until the end of a day, with who asked and why."""

    host: Annotated[str, AfterValidator(_exact)]
    owner: Annotated[str, Field(min_length=1), AfterValidator(_worded)]
    reason: Annotated[str, Field(min_length=1), AfterValidator(_worded)]
    until: Day

    def holds(self, today: date) -> bool:
        """Tell whether the waiver has not ended; its last day is included."""
        return today <= self.until


def _one_a_host(waivers: tuple[UploadWaiver, ...]) -> tuple[UploadWaiver, ...]:
    hosts = [waiver.host for waiver in waivers]
    if twice := sorted({host for host in hosts if hosts.count(host) > 1}):
        raise ValueError("has twice: " + ", ".join(twice))
    return waivers


UploadWaivers = Annotated[tuple[UploadWaiver, ...], BeforeValidator(decoded), AfterValidator(_one_a_host)]
