"""Check of the names in the catalog: entries that no permit may have, and entries that need a flag.

A flag records a review: a host that is also a public suffix needs `foreignTenant`, a drop site needs `uploads`.
"""

from __future__ import annotations

from collections.abc import Iterator

from containment.catalog.catalog import CatalogSet, Entry
from containment.errors import Problem
from containment.names import DENY_GROUPS
from containment.patterns.permitted_names.name import find_refusal, is_public_suffix_host
from containment.patterns.permitted_names.refusal import Cause, Refusal

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
