"""The catalog: named sets of destinations, each entry reviewed and owned.

Owns the shape of `presets/catalog/<set>.yaml` and its validation. A set fills one WebGroup; presets name sets, never
hosts. `{region}` in a pattern stands for the stack's AWS region. Reading files is `containment.library`'s.
"""

from __future__ import annotations

import functools
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, field_validator, model_validator
from pydantic.alias_generators import to_camel

from containment.model.fqdn import DomainPattern, normalise
from containment.model.names import WebGroupId

REGION = "{region}"


class Reviewed(BaseModel):
    """What every file people review has in common: camelCase keys, no unknown key, no later change."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


def _pattern(raw: str) -> str:
    spelled = normalise(raw.replace(REGION, "region"))
    if "." not in spelled.strip("*."):
        raise ValueError("covers a whole top-level domain or more: a set that holds it contains nothing")
    return raw


class Entry(Reviewed):
    """One destination: what it is, who answers for it, why it is here, and what a hostile agent could do with it.

    `uploads`: strangers can store data there; `relays`: it forwards to other destinations; `foreign_tenant`: the same
    host serves tenants other than ours.
    """

    pattern: Annotated[str, AfterValidator(_pattern)]
    owner: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    reviewed: date
    uploads: StrictBool
    relays: StrictBool
    foreign_tenant: StrictBool

    @model_validator(mode="after")
    def _no_wildcard_over_strangers(self) -> Self:
        if "*" in self.pattern and self.foreign_tenant:
            raise ValueError("is a wildcard over other tenants' hosts; name the exact hosts that are needed")
        return self

    def in_region(self, region: str) -> DomainPattern:
        """Return the domain pattern with the region filled in."""
        return _in_region(self.pattern, region)


class DestinationKind(StrEnum):
    """What a set's hosts are, where that decides which classes may reach them.

    REGISTRIES hand out strangers' code, PUBLIC_REFERENCE sees what is searched for, DOCUMENTATION is only read.
    """

    REGISTRIES = "registries"
    PUBLIC_REFERENCE = "publicReference"
    DOCUMENTATION = "documentation"


_KINDS_MATTER = frozenset({WebGroupId.PACKAGES, WebGroupId.PUBLIC_REFERENCE})


class CatalogSet(Reviewed):
    """One file of the catalog; `name` is the file's name without `.yaml`."""

    name: str
    title: Annotated[str, Field(min_length=1)]
    purpose: Annotated[str, Field(min_length=1)]
    web_group: WebGroupId
    kind: DestinationKind | None = None
    entries: Annotated[tuple[Entry, ...], Field(min_length=1)]

    @field_validator("web_group")
    @classmethod
    def _holds_names(cls, group: WebGroupId) -> WebGroupId:
        if group is WebGroupId.DECRYPTED_URLS:
            raise ValueError("holds URLs, which are a stack's own (tlsDecryptionUrls), not a set's")
        return group

    @model_validator(mode="after")
    def _says_its_kind(self) -> Self:
        if self.kind is None and self.web_group in _KINDS_MATTER:
            raise ValueError(f"fills {self.web_group.value} and has no kind: say {', '.join(DestinationKind)}")
        return self

    @model_validator(mode="after")
    def _no_name_twice(self) -> Self:
        seen: dict[DomainPattern, str] = {}
        for entry in self.entries:
            pattern = entry.in_region("region")
            if pattern in seen:
                raise ValueError(f"{entry.pattern!r} stands here twice (also as {seen[pattern]!r}); keep one entry")
            seen[pattern] = entry.pattern
        return self

    def patterns(self, region: str) -> tuple[DomainPattern, ...]:
        """Return the set's patterns for a region, sorted: the provider plans cleanly only on a stable order."""
        return _sorted_in_region(tuple(entry.pattern for entry in self.entries), region)


@functools.lru_cache(maxsize=65536)
def _in_region(raw: str, region: str) -> DomainPattern:
    return DomainPattern.parse(raw.replace(REGION, region))


@functools.lru_cache(maxsize=4096)
def _sorted_in_region(raw: tuple[str, ...], region: str) -> tuple[DomainPattern, ...]:
    return tuple(sorted(_in_region(one, region) for one in raw))


def parse_set(name: str, document: Any) -> CatalogSet:
    """Return the set a YAML document describes; raises pydantic.ValidationError with every mistake in it."""
    return CatalogSet.model_validate({**document, "name": name} if isinstance(document, dict) else document)
