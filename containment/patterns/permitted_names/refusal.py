"""Reasons for refusing a name in a permit: a closed set of causes, each with what is wrong and the fix."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """The use of a name.

    PUBLIC names are permitted destinations on the internet. INTERNAL names are only resolved (`internalDnsDomains`), so
    private top-level domains are fine there.
    """

    PUBLIC = "public"
    INTERNAL = "internal"


class Cause(StrEnum):
    """Causes for which a name cannot be permitted."""

    MALFORMED = "malformed"
    ADDRESS = "address"
    TOP_LEVEL = "top-level"
    UNLISTED = "unlisted top-level domain"
    UNANCHORED = "unanchored wildcard"
    PUBLIC_SUFFIX = "public suffix"
    SHARED_SUFFIX = "shared suffix"
    LOCAL = "local name"
    METADATA = "metadata service"
    DYNAMIC_DNS = "dynamic DNS"
    TUNNEL = "tunnel"
    RESOLVER = "public resolver"
    ADDRESS_IN_NAME = "address in the name"
    DROP_SITE = "drop site"
    LOOK_ALIKE = "look-alike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason: `what` completes a sentence that starts with the name, `fix` is an instruction, `name` the correct name, if any."""

    cause: Cause
    what: str
    fix: str
    name: str | None = None

    def __str__(self) -> str:
        return f"{self.what}; {self.fix}"
