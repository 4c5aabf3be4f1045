"""The lists of services agree with the catalog, are well formed, and leave its permitted hosts alone."""

from __future__ import annotations

import pytest

from containment.loaders.presets import load_library
from containment.names import DENY_GROUPS
from containment.patterns.domain import normalize
from containment.patterns.permitted_names.account_hosts import CATALOG_MODELS, CATALOG_SAAS, MODEL_HOSTS, SAAS_HOSTS
from containment.patterns.permitted_names.drop_sites import DROP_HOSTS, DROP_SITES
from containment.patterns.permitted_names.dynamic_dns import DYNAMIC_DNS
from containment.patterns.permitted_names.local_names import CLOUD_PRIVATE, METADATA
from containment.patterns.permitted_names.name import find_refusal
from containment.patterns.permitted_names.providers import MINIMUM
from containment.patterns.permitted_names.suffixes import find_suffix, iterate_domains
from containment.patterns.permitted_names.tenants import CLOUDS, TENANTS
from containment.patterns.permitted_names.tunnels import ADDRESS_IN_NAME, RESOLVERS, TUNNELS
from policypack.firewall.model_providers import PROVIDERS

LIBRARY = load_library()
LISTS = (
    MODEL_HOSTS,
    SAAS_HOSTS,
    DROP_SITES,
    DROP_HOSTS,
    DYNAMIC_DNS,
    CLOUDS,
    TENANTS,
    TUNNELS,
    RESOLVERS,
    ADDRESS_IN_NAME,
    METADATA,
    CLOUD_PRIVATE,
)


@pytest.mark.parametrize("domains", LISTS)
def test_every_domain_is_written_in_its_one_spelling(domains: frozenset[str]) -> None:
    assert [domain for domain in domains if normalize(domain) != domain] == []


def test_the_paste_and_webhook_sites_of_the_catalog_are_drop_sites() -> None:
    names = [entry.pattern for entry in LIBRARY.sets["paste-and-webhooks"].entries]
    assert [name for name in names if name not in DROP_HOSTS and find_suffix(name, DROP_SITES) is None] == []


def test_the_hosts_of_any_account_are_those_of_the_catalog() -> None:
    assert {entry.pattern for entry in LIBRARY.sets["public-saas"].entries} == CATALOG_SAAS
    assert {entry.pattern for entry in LIBRARY.sets["unapproved-models"].entries} == CATALOG_MODELS


def test_the_hosts_of_any_account_are_apart_from_services_that_no_permit_may_name() -> None:
    assert sorted(SAAS_HOSTS & MODEL_HOSTS) == []
    assert [host for host in MODEL_HOSTS if find_refusal(host) is not None] == []


def test_no_shipped_permit_names_a_host_of_any_account_that_a_review_has_not_flagged() -> None:
    sets = [found for found in LIBRARY.sets.values() if found.web_group not in DENY_GROUPS]
    permitted = {entry.make_pattern("us-east-1").text for found in sets for entry in found.entries}
    assert sorted(permitted & (SAAS_HOSTS | MODEL_HOSTS) - CATALOG_SAAS) == []


def test_no_wildcard_covers_a_host_of_any_account() -> None:
    wild = [f"*.{domain}" for host in SAAS_HOSTS for domain in iterate_domains(host.partition(".")[2])]
    assert [one for one in wild if find_refusal(one) is None] == []
    assert [host for host in SAAS_HOSTS - {"s3.amazonaws.com"} if find_refusal(host) is not None] == []


def test_the_resolvers_of_the_catalog_are_public_resolvers() -> None:
    names = [entry.pattern for entry in LIBRARY.sets["doh-resolvers"].entries]
    assert [name for name in names if find_suffix(name, RESOLVERS) is None] == []


def test_every_host_that_the_catalog_permits_may_be_permitted_but_for_the_one_its_flags_accept() -> None:
    sets = [found for found in LIBRARY.sets.values() if found.web_group not in DENY_GROUPS]
    texts = {entry.make_pattern("us-east-1").text for found in sets for entry in found.entries}
    assert {text for text in texts if find_refusal(text) is not None} == {"s3.amazonaws.com"}


def test_the_pack_and_the_configuration_deny_one_minimum_set() -> None:
    assert PROVIDERS == MINIMUM
    assert set(MINIMUM) <= {entry.pattern for entry in LIBRARY.sets["unapproved-models"].entries}
