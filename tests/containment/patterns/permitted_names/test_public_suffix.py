"""Every public suffix and every wildcard over one is refused; every name registered under one is accepted."""

from __future__ import annotations

from pathlib import Path

import idna
import publicsuffixlist
import pytest

from containment.patterns.permitted_names import public_suffix
from containment.patterns.permitted_names.name import find_refusal
from containment.patterns.permitted_names.refusal import Cause

OTHER = {Cause.DYNAMIC_DNS, Cause.TUNNEL, Cause.ADDRESS_IN_NAME, Cause.DROP_SITE, Cause.LOCAL, Cause.METADATA}
"""Causes that come before the suffix: such a domain is a service's as well."""


def listed() -> list[str]:
    """Return the rules as the list's file has them."""
    lines = Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("//")]


def in_ascii(rule: str) -> str:
    return ".".join(label if label.isascii() else idna.alabel(label).decode() for label in rule.split("."))


PLAIN = [in_ascii(rule) for rule in listed() if not rule.startswith(("*", "!"))]
WILD = [in_ascii(rule)[2:] for rule in listed() if rule.startswith("*")]
EXCEPTIONS = [in_ascii(rule)[1:] for rule in listed() if rule.startswith("!")]


def test_the_rules_are_those_of_the_pinned_file() -> None:
    assert public_suffix.read_rules() == frozenset(listed())
    assert len(PLAIN) > 9000
    assert len(WILD) > 100
    assert EXCEPTIONS


def test_every_suffix_is_refused_exact_and_as_a_wildcard() -> None:
    for suffix in PLAIN:
        assert public_suffix.is_public_suffix(suffix), suffix
        for name in (suffix, f"*.{suffix}", f"a.*.{suffix}"):
            refusal = find_refusal(name)
            if refusal is None:
                assert name.startswith("s3."), name
                continue
            assert refusal.cause in {Cause.PUBLIC_SUFFIX, Cause.TOP_LEVEL, *OTHER}, (name, refusal)


def test_every_registered_name_under_a_suffix_is_accepted_unless_it_is_a_service() -> None:
    accepted = 0
    for suffix in PLAIN:
        name = f"zzacme.{suffix}"
        if public_suffix.is_public_suffix(name):
            continue  # under a wildcard rule
        assert not public_suffix.is_public_suffix(f"www.{name}")
        refusal = find_refusal(name)
        accepted += refusal is None
        assert refusal is None or refusal.cause in {*OTHER, Cause.LOOK_ALIKE}, (name, refusal)
    assert accepted > 9000


def test_names_under_a_wildcard_rule_are_suffixes() -> None:
    for parent in WILD:
        name = f"zzacme.{parent}"
        for one in (name, f"*.{name}", f"*.{parent}"):
            assert find_refusal(one) is not None, one


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_an_exception_of_the_list_is_a_registered_name(name: str) -> None:
    assert not public_suffix.is_public_suffix(name)
    assert find_refusal(name) is None


def test_a_domain_above_a_suffix_is_no_wildcard() -> None:
    above = {suffix.partition(".")[2] for suffix in PLAIN if suffix.count(".") >= 2}
    assert len(above) > 100
    for domain in above:
        assert public_suffix.has_suffix_below(domain)
        assert find_refusal(f"*.{domain}") is not None, domain
    assert not public_suffix.has_suffix_below("nvidia.com")


def test_a_top_level_domain_that_is_not_listed_has_no_suffix() -> None:
    assert not public_suffix.has_listed_top_level("acme.exmaple")
    assert public_suffix.has_listed_top_level("acme.za")
    assert not public_suffix.is_public_suffix("exmaple")


def test_the_lookup_in_lines_answers_as_the_library_does() -> None:
    library = publicsuffixlist.PublicSuffixList()
    names = [*PLAIN, *WILD, *EXCEPTIONS]
    for name in (form for one in names for form in (one, f"zzacme.{one}", f"a.zzacme.{one}", one.partition(".")[2]) if form):
        expected = library.publicsuffix(name, accept_unknown=False) == name
        assert public_suffix.is_public_suffix(name) is expected, name
