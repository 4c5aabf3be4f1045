"""The catalog: named sets of destinations, each entry reviewed and owned, and the check of their names.

Defines the format of `presets/catalog/<set>.yaml` and validates it. A set fills one WebGroup; presets name sets, never hosts.
`{region}` in a pattern is replaced by the stack's AWS region. `containment.loaders.presets` reads the files.

Some names no permit may have, and some need a flag, which records a review: a host that is also a public suffix needs `foreignTenant`, a
drop site needs `uploads`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, field_validator, model_validator

from containment.errors import Problem
from containment.fixes.texts import extract_host, remove_repeats
from containment.fixes.unfit_value import NO_VALUE, UnfitError
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern, normalize
from containment.patterns.permitted_names.name import find_refusal, is_public_suffix_host
from containment.patterns.permitted_names.refusal import Cause, Refusal
from containment.reviewed_data import ReviewedModel, check_source

REGION = "{region}"


def _check_pattern(raw: str) -> str:
    try:
        spelled = normalize(raw.replace(REGION, "region"))
    except ValueError as error:
        braces = re.sub(r"\{[^{}]*\}", REGION, raw)
        near = braces if REGION in braces and braces != raw else extract_host(raw)
        fix = f"write {near}" if near else "write one host, such as api.example.com"
        raise UnfitError(str(error), fix, near or NO_VALUE) from None
    if "." not in spelled.strip("*."):
        what = "covers a whole top-level domain or more: a set that lists it restricts nothing"
        raise UnfitError(what, "name one host, such as api.example.com")
    return raw


class Entry(ReviewedModel):
    """One destination: its name, who runs it, why it is listed, and what a hostile agent could do with it.

    `function`, `ticket` and `until` are set by `containment promote`: the work that needs the host, the request that approved it, and the
    last day on which it is listed.
    `uploads`: third parties can store data there; `relays`: it forwards to other destinations; `foreign_tenant`: the same host serves
    other tenants as well.
    """

    pattern: Annotated[str, AfterValidator(_check_pattern)]
    owner: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    source: Annotated[str, AfterValidator(check_source)]
    reviewed: date
    uploads: StrictBool
    relays: StrictBool
    foreign_tenant: StrictBool
    function: Annotated[str, Field(min_length=1)] | None = None
    ticket: Annotated[str, Field(min_length=1)] | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _refuse_wildcard_over_tenants(self) -> Self:
        if "*" in self.pattern and self.foreign_tenant:
            what = "is a wildcard over other tenants' hosts"
            raise UnfitError(what, f"name the exact hosts below {self.pattern.rpartition('*')[2].lstrip('.')} that are needed")
        return self

    def make_pattern(self, region: str) -> DomainPattern:
        """Return the domain pattern with the region filled in."""
        return _parse_in_region(self.pattern, region)


class DestinationKind(StrEnum):
    """The kind of a set's hosts, where it decides which classes may reach them.

    REGISTRIES serve third-party code, PUBLIC_REFERENCE receives search queries, DOCUMENTATION is only read.
    """

    REGISTRIES = "registries"
    PUBLIC_REFERENCE = "publicReference"
    DOCUMENTATION = "documentation"


_KINDS_MATTER = frozenset({WebGroupId.PACKAGES, WebGroupId.PUBLIC_REFERENCE})


class CatalogSet(ReviewedModel):
    """One set, a file of the catalog; `name` is the file's name without `.yaml`."""

    name: str
    title: Annotated[str, Field(min_length=1)]
    purpose: Annotated[str, Field(min_length=1)]
    web_group: WebGroupId
    kind: DestinationKind | None = None
    entries: Annotated[tuple[Entry, ...], Field(min_length=1)]

    @field_validator("web_group")
    @classmethod
    def _refuse_url_group(cls, group: WebGroupId) -> WebGroupId:
        if group is WebGroupId.DECRYPTED_URLS:
            what = "is for URLs, which a stack lists in tlsDecryptionUrls; a set lists names"
            raise UnfitError(what, f"name another WebGroup, such as {WebGroupId.CORE.value}")
        return group

    @model_validator(mode="after")
    def _require_kind(self) -> Self:
        if self.kind is None and self.web_group in _KINDS_MATTER:
            raise UnfitError(f"fills {self.web_group.value} and has no kind", f"add kind: one of {', '.join(DestinationKind)}")
        return self

    @model_validator(mode="after")
    def _refuse_repeats(self) -> Self:
        for place, first in remove_repeats([one.make_pattern("region") for one in self.entries])[1]:
            what = f"{self.entries[place].pattern!r} is listed twice (also as {self.entries[first].pattern!r})"
            raise UnfitError(what, f"remove entries.{place}, which repeats entries.{first}")
        return self

    def make_patterns(self, region: str) -> tuple[DomainPattern, ...]:
        """Return the set's patterns for a region, sorted: the provider shows changes when the order changes."""
        return _sort_in_region(tuple(entry.pattern for entry in self.entries), region)


@functools.lru_cache(maxsize=65536)
def _parse_in_region(raw: str, region: str) -> DomainPattern:
    return DomainPattern.parse(raw.replace(REGION, region))


@functools.lru_cache(maxsize=4096)
def _sort_in_region(raw: tuple[str, ...], region: str) -> tuple[DomainPattern, ...]:
    return tuple(sorted(_parse_in_region(one, region) for one in raw))


_SAMPLE_REGION = "us-east-1"


def find_catalog_problems(found: CatalogSet, file: str) -> Iterator[Problem]:
    """Yield a problem for every entry that no permit may have; deny sets may list any name."""
    if found.web_group in DENY_GROUPS:
        return
    for place, entry in enumerate(found.entries):
        text = entry.make_pattern(_SAMPLE_REGION).text
        refusal = find_refusal(text)
        where = f"{file}:entries.{place}.pattern"
        why = "every class that permits the set would reach it"
        if refusal is not None and not _is_reviewed(entry, refusal):
            yield Problem(where, f"{entry.pattern!r} {refusal.what}", why, _make_fix(refusal))
        elif refusal is None and is_public_suffix_host(text) and not entry.foreign_tenant:
            yield Problem(where, f"{entry.pattern!r} is a public suffix as well as a host", why, "set foreignTenant: true, or remove it")


def _is_reviewed(entry: Entry, refusal: Refusal) -> bool:
    """Return whether the entry's flags accept the cause: only exact hosts can be accepted."""
    if "*" in entry.pattern:
        return False
    if refusal.cause is Cause.PUBLIC_SUFFIX:
        return entry.foreign_tenant and entry.uploads
    return refusal.cause is Cause.DROP_SITE and entry.uploads


def _make_fix(refusal: Refusal) -> str:
    flags = {Cause.PUBLIC_SUFFIX: "foreignTenant and uploads", Cause.DROP_SITE: "uploads"}
    flag = flags.get(refusal.cause)
    return refusal.fix if flag is None else f"{refusal.fix}; an exact host that is needed takes {flag}: true"
