"""What a class may reach and what it denies never meet, with any harness, by meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path

import pytest

from containment.catalog.catalog import DestinationKind
from containment.catalog.preset import Harness, Library, Switch, Uploads
from containment.config.parser import get_alias
from containment.config.stack_config import StackConfig
from containment.loaders.presets import load_library
from containment.names import DENY_GROUPS, WebGroupId
from containment.patterns.domain import DomainPattern
from containment.ternary import Ternary
from tests.support.classes import SHIPPED

REGION = "us-east-1"
PRIVATE = ["healthcare-phi", "regulated-data", "research"]
"""Classes that work on data nobody may store elsewhere."""


def named(library: Library, sets: Iterable[str]) -> list[tuple[str, DomainPattern]]:
    return [(name, pattern) for name in dict.fromkeys(sets) for pattern in library.sets[name].make_patterns(REGION)]


def permitted(library: Library, name: str, harness: Harness) -> list[tuple[str, DomainPattern]]:
    return named(library, library.get_permitted_sets(library.presets[name], harness))


def contradictions(library: Library) -> list[str]:
    """Return every pair of a permitted and a denied pattern that some name matches both, for every class and harness."""
    return [
        f"{preset.name} with {harness.value}: {permit} ({at}) meets {deny} ({where})"
        for preset in library.presets.values()
        for harness in Harness
        for at, permit in permitted(library, preset.name, harness)
        for where, deny in named(library, preset.deny_sets)
        if permit.overlaps(deny) is not Ternary.NO
    ]


def test_no_class_both_permits_and_denies_a_name(library: Library) -> None:
    assert set(SHIPPED) <= set(library.presets)
    assert contradictions(library) == []


@pytest.mark.parametrize("pattern", ["ROUTER.HuggingFace.co.", '"*.huggingface.co"', "ⓡouter.huggingface.co"])
def test_a_contradiction_is_found_by_meaning(edited: Callable[[str, str, str], Path], pattern: str) -> None:
    root = edited("catalog/package-registries.yaml", "pattern: huggingface.co", f"pattern: {pattern}")
    file = root / "catalog" / "package-registries.yaml"
    file.write_text(file.read_text().replace("foreignTenant: true", "foreignTenant: false"))  # else a wildcard is refused at once
    found = contradictions(load_library(root))
    assert any("router.huggingface.co (unapproved-models)" in line and line.startswith("coding with") for line in found)


@pytest.mark.parametrize("harness", Harness)
@pytest.mark.parametrize("name", SHIPPED)
def test_no_destination_is_permitted_by_two_sets_of_one_class(library: Library, name: str, harness: Harness) -> None:
    """Two rules for one name would make the log name either."""
    for (at, one), (where, two) in combinations(permitted(library, name, harness), 2):
        assert one.overlaps(two) is Ternary.NO, f"{one} of {at} meets {two} of {where}"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_class_denies_shadow_models_resolvers_and_drop_sites(library: Library, name: str) -> None:
    assert {library.sets[found].web_group for found in library.presets[name].deny_sets} == DENY_GROUPS


@pytest.mark.parametrize("harness", Harness)
def test_a_locked_down_agent_reaches_no_code_host_whatever_its_harness(library: Library, harness: Harness) -> None:
    reached = permitted(library, "locked-down", harness)
    outside = [*named(library, ["package-registries", "os-updates", "public-reference", "nemoclaw-installer", "skill-hubs"])]
    assert [f"{one} ({at})" for at, one in reached for _, two in outside if one.overlaps(two) is not Ternary.NO] == []


def test_a_locked_down_agent_reaches_the_gateway_the_core_and_aws_only(library: Library) -> None:
    groups = {library.sets[at].web_group for at, _ in permitted(library, "locked-down", Harness.NEMOCLAW)}
    assert groups == {WebGroupId.MODEL_GATEWAYS, WebGroupId.CORE, WebGroupId.AWS_INFRA}


def test_a_coding_agent_has_all_that_a_locked_down_one_has_and_packages(library: Library) -> None:
    small, large = (set(permitted(library, name, Harness.NEMOCLAW)) for name in ("locked-down", "coding"))
    assert small < large
    assert {library.sets[at].web_group for at, _ in large - small} == {WebGroupId.PACKAGES}


def test_packages_are_for_coding_and_demos_and_public_reference_for_research_and_demos(library: Library) -> None:
    shipped = {name: library.presets[name] for name in SHIPPED}
    assert {name for name, found in shipped.items() if found.package_installs} == {"coding", "open-demo"}
    assert {name for name, found in shipped.items() if DestinationKind.REGISTRIES in found.may_reach} == {"coding", "open-demo"}
    assert {name for name, found in shipped.items() if found.public_reference} == {"research", "open-demo"}
    assert {name for name, found in shipped.items() if DestinationKind.PUBLIC_REFERENCE in found.may_reach} == {"research", "open-demo"}


@pytest.mark.parametrize("name", PRIVATE)
@pytest.mark.parametrize("harness", Harness)
def test_no_harness_brings_an_upload_host_to_a_class_with_private_data(library: Library, name: str, harness: Harness) -> None:
    sets = [library.sets[found] for found in library.get_permitted_sets(library.presets[name], harness)]
    outside = [found for found in sets if found.web_group is not WebGroupId.AWS_INFRA]  # answered by endpoints of one's own, with policies
    assert [entry.pattern for found in outside for entry in found.entries if entry.uploads or entry.relays] == []


def test_upload_hosts_are_refused_to_exactly_the_classes_with_private_data(library: Library) -> None:
    assert [name for name in SHIPPED if library.presets[name].uploads is Uploads.REFUSED] == PRIVATE


def test_healthcare_is_regulated_data_with_every_protection_kept_on(library: Library) -> None:
    base, phi = library.presets["regulated-data"], library.presets["healthcare-phi"]
    same = {"permit_sets", "deny_sets", "core", "uploads", "strict_logging", "minimum_log_retention_days", "may_reach", "stance", "denies"}
    assert phi.extends == base.name
    assert {name for name in same if getattr(phi, name) != getattr(base, name)} == set()
    assert set(base.keeps_on) < set(phi.keeps_on) == set(Switch)


def test_a_protection_that_can_be_kept_on_is_a_key_that_is_on_by_default() -> None:
    defaults = {get_alias(name): field.default for name, field in StackConfig.model_fields.items()}
    assert {defaults[switch.value] for switch in Switch} == {True}


def test_harnesses_bring_core_sets_only(library: Library) -> None:
    for form in (library.harness_sets, library.minimal_sets):
        assert set(form) == set(Harness)
        assert form[Harness.NONE] == ()
        assert form[Harness.NEMOCLAW][:-1] == form[Harness.OPENCLAW]
        for harness, sets in form.items():
            assert harness is Harness.NONE or sets
            assert {library.sets[name].web_group for name in sets} <= {WebGroupId.CORE}


@pytest.mark.parametrize("harness", Harness)
def test_a_minimal_core_is_part_of_the_full_one(library: Library, harness: Harness) -> None:
    full, minimal = ({pattern for _, pattern in named(library, form[harness])} for form in (library.harness_sets, library.minimal_sets))
    assert minimal < full or harness is Harness.NONE


@pytest.mark.parametrize("host", ["inference-api.nousresearch.com", "clawrouter.openclaw.ai", "router.huggingface.co"])
def test_a_model_host_that_shares_a_permitted_domain_is_denied_by_name(library: Library, host: str) -> None:
    holders = [name for name, found in library.sets.items() if any(p.matches(host) is not Ternary.NO for p in found.make_patterns(REGION))]
    assert holders == ["unapproved-models"]
