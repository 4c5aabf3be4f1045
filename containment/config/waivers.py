"""Named exceptions of a stack, each with owner, reason and last day: upload hosts, model providers and harnesses.

Defines the format of one entry of `uploadWaivers` (a host where third parties can store data), of `sanctionedModelProviders` (an exact
host of the deny set; `sanctions` decides whether the class allows it) and of `harnessWaivers` (a harness that is not ready for
production, where the class has regulated data). Whether an entry still applies depends on the date, which callers pass.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from containment.catalog.preset import Harness
from containment.config.keys.key import Keys
from containment.config.pulumi_format.unquoted_values import Day
from containment.config.values import decode_json, refuse_repeated
from containment.fixes.texts import extract_host
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.fixes.words import has_word
from containment.patterns.domain import DomainPattern

_ONE_HOST: Final = "write one exact host, such as files.example.com"


def _parse_exact_host(raw: str) -> str:
    try:
        pattern = DomainPattern.parse(raw)
    except ValueError as error:
        host = extract_host(raw)
        fix = f"write the host alone: {host}" if host else _ONE_HOST
        raise UnfitError(str(error), fix, host or NO_VALUE) from None
    if not pattern.is_exact or "." not in pattern.text:
        name = pattern.text.strip("*.")
        fix = (
            f"write each host below {name} that is needed, by its exact name"
            if "." in name
            else "write one exact host, such as files.example.com"
        )
        raise UnfitError("is not one exact host: a waiver is for one destination that a person has reviewed", fix)
    return pattern.text


def require_word(text: str) -> str:
    if not has_word(text):
        raise UnfitError(
            "contains no word: a waiver has an owner and a reason that people can look up", "write who answers for it, or why, in words"
        )
    return text


class UploadWaiver(Keys):
    """One host, waived until the end of a day, with its owner and the reason."""

    host: Annotated[str, AfterValidator(_parse_exact_host)]
    owner: Annotated[str, Field(min_length=1), AfterValidator(require_word)]
    reason: Annotated[str, Field(min_length=1), AfterValidator(require_word)]
    until: Day

    def is_active(self, today: date) -> bool:
        """Return whether the waiver has not ended; its last day is included."""
        return today <= self.until


Waiver = TypeVar("Waiver", bound=Keys)


def _refuse_repeats(field: str, entries: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
    """Return named exceptions; refuse two with one value of a field, with the positions of both."""
    dumped = (entry.model_dump(mode="json", by_alias=True) for entry in entries)
    refuse_repeated([str(getattr(entry, field)) for entry in entries], dumped, f"has the {field} of")
    return entries


UNIQUE_HOSTS: Final = AfterValidator(partial(_refuse_repeats, "host"))
UploadWaivers = Annotated[tuple[UploadWaiver, ...], BeforeValidator(decode_json), UNIQUE_HOSTS]


class SanctionedProvider(UploadWaiver):
    """One provider's host, sanctioned until the end of a day, with its owner and the reason."""


SanctionedProviders = Annotated[tuple[SanctionedProvider, ...], BeforeValidator(decode_json), UNIQUE_HOSTS]


class HarnessWaiver(Keys):
    """One harness, waived until the end of a day, with its owner and the reason."""

    harness: Harness
    owner: Annotated[str, Field(min_length=1), AfterValidator(require_word)]
    reason: Annotated[str, Field(min_length=1), AfterValidator(require_word)]
    until: Day

    def is_active(self, today: date) -> bool:
        """Return whether the waiver has not ended; its last day is included."""
        return today <= self.until


HarnessWaivers = Annotated[tuple[HarnessWaiver, ...], BeforeValidator(decode_json), AfterValidator(partial(_refuse_repeats, "harness"))]
"""Harnesses that are not ready for production, accepted as exceptions."""
