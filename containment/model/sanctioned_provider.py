"""One sanctioned model provider: an exact host of the deny set, permitted to a stack until a day, with owner and reason.

Owns the shape of one entry of `sanctionedModelProviders`. Whether a class allows it, and whether it has ended, is
decided in `sanctions`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from containment.model.upload_waiver import UploadWaiver
from containment.model.values import decoded


class SanctionedProvider(UploadWaiver):
    """One provider's host sanctioned until the end of a day, with its owner and the reason."""


def _check_hosts_differ(entries: tuple[SanctionedProvider, ...]) -> tuple[SanctionedProvider, ...]:
    hosts = [entry.host for entry in entries]
    if twice := sorted({host for host in hosts if hosts.count(host) > 1}):
        raise ValueError("has twice: " + ", ".join(twice))
    return entries


SanctionedProviders = Annotated[tuple[SanctionedProvider, ...], BeforeValidator(decoded), AfterValidator(_check_hosts_differ)]
