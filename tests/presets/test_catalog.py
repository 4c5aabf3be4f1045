"""What holds for every entry of the catalog: exact hosts, real reviews, honest flags."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest

from containment.catalog.catalog import Entry
from containment.catalog.preset import Library
from containment.errors import InputError
from containment.loaders.presets import find_presets_folder, load_library
from containment.names import DENY_GROUPS

SOURCES = {
    "Aviatrix blueprint, technical brief",
    "Aviatrix blueprint, Terraform",
    "runtime facts: observed",
    "runtime facts: from source",
    "runtime facts: listed",
    "vendor documentation",
}


def entries(library: Library) -> list[tuple[str, Entry]]:
    return [(name, entry) for name, members in library.sets.items() for entry in members.entries]


def shared_wildcards(library: Library) -> list[str]:
    """Return every permitting wildcard over a domain that others use too."""
    permitting = [pair for pair in entries(library) if library.sets[pair[0]].web_group not in DENY_GROUPS]
    return [f"{name}: {entry.pattern}" for name, entry in permitting if "*" in entry.pattern and entry.foreign_tenant]


def test_every_file_of_the_catalog_is_loaded(library: Library) -> None:
    files = {path.stem for path in (find_presets_folder() / "catalog").iterdir()}
    assert files == set(library.sets)
    assert {path.suffix for path in (find_presets_folder() / "catalog").iterdir()} == {".yaml"}


def test_no_permit_is_a_wildcard_over_a_shared_tenant(library: Library) -> None:
    assert shared_wildcards(library) == []


def test_a_wildcard_over_a_shared_tenant_is_refused(edited: Callable[[str, str, str], Path]) -> None:
    root = edited("catalog/package-registries.yaml", "pattern: raw.githubusercontent.com", 'pattern: "*.githubusercontent.com"')
    with pytest.raises(InputError, match="wildcard over other tenants"):
        load_library(root)


def test_every_shipped_pattern_is_an_exact_host(library: Library) -> None:
    """Exactness is more than the rule above asks; a wildcard over an owner's own domain would be the first one here."""
    assert [entry.pattern for _, entry in entries(library) if not entry.make_pattern("us-east-1").is_exact] == []


def test_a_resolver_is_listed_by_name_not_by_address(library: Library) -> None:
    for entry in library.sets["doh-resolvers"].entries:
        with pytest.raises(ValueError, match="IPv4 or IPv6"):
            ip_address(entry.pattern)


def test_every_entry_has_a_source_and_a_day_of_review(library: Library) -> None:
    for name, entry in entries(library):
        assert entry.source in SOURCES, f"{name}: {entry.pattern}"
        assert date(2026, 11, 21) <= entry.reviewed, f"{name}: {entry.pattern}"


def test_every_reason_is_one_sentence_and_specific(library: Library) -> None:
    for name, entry in entries(library):
        assert entry.reason.endswith("."), f"{name}: {entry.pattern}"
        assert entry.reason[0].isupper() or entry.reason.startswith("npm"), f"{name}: {entry.pattern}"
    for name, members in library.sets.items():
        said = [entry.reason for entry in members.entries]
        assert len(said) == len(set(said)), f"{name}: two entries give the same reason"


def test_one_host_has_the_same_owner_and_flags_in_every_set(library: Library) -> None:
    seen: dict[str, tuple[str, tuple[object, ...]]] = {}
    for name, entry in entries(library):
        facts = (entry.owner, entry.uploads, entry.relays, entry.foreign_tenant)
        before = seen.setdefault(entry.pattern, (name, facts))
        assert before[1] == facts, f"{entry.pattern} differs between {before[0]} and {name}"


@pytest.mark.parametrize(
    ("host", "uploads", "relays", "foreign"),
    [
        ("github.com", True, False, True),  # pushes to anybody's repository
        ("registry.npmjs.org", True, False, True),  # publishing
        ("huggingface.co", True, False, True),  # uploads to anybody's repository
        ("registry-1.docker.io", True, False, True),  # pushes to anybody's repository
        ("clawhub.ai", True, False, True),  # publishing skills
        ("pypi.org", False, False, True),  # uploads have their own host
        ("files.pythonhosted.org", False, False, True),
        ("raw.githubusercontent.com", False, False, True),
        ("proxy.golang.org", False, True, True),  # fetches the origin that the path names
        ("s3.{region}.amazonaws.com", True, False, True),
        ("sts.{region}.amazonaws.com", False, False, True),
        ("openrouter.ai", False, True, True),
        ("dns.google", False, True, True),  # a query reaches the name server it names
        ("docs.python.org", False, False, False),
    ],
)
def test_flags_describe_what_a_service_is(library: Library, host: str, uploads: bool, relays: bool, foreign: bool) -> None:
    found = [entry for _, entry in entries(library) if entry.pattern == host]
    assert found
    assert {(entry.uploads, entry.relays, entry.foreign_tenant) for entry in found} == {(uploads, relays, foreign)}


def test_publishing_has_no_entry_of_its_own(library: Library) -> None:
    assert not any(entry.pattern == "upload.pypi.org" for _, entry in entries(library))


def test_every_resolver_relays_and_every_drop_site_takes_uploads(library: Library) -> None:
    assert all(entry.relays for entry in library.sets["doh-resolvers"].entries)
    assert all(entry.uploads for entry in library.sets["paste-and-webhooks"].entries)
