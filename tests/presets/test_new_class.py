"""A new class is one YAML file and no Python: it resolves, builds, is proved and shows up wherever classes do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from containment.catalog.preset import Harness, Library
from containment.config.spec import ContainmentSpec, resolve
from containment.errors import InputError
from containment.loaders.presets import find_presets_folder, load_library
from containment.names import PolicyMode, WebGroupId
from containment.policy.builder import build_ruleset
from containment.policy.invariants import find_broken_invariants
from containment.risk.residual_risks import find_residual_risks
from tools import tables

ALONE = """
title: Incident agent
stance: Reads what happened and proposes what to do.
permits: [model gateway, status pages]
denies: [everything else]
harness: openclaw
core: minimal
permitSets: [aws-infra, model-gateways, developer-docs]
denySets: [unapproved-models, doh-resolvers, paste-and-webhooks]
packageInstalls: true
uploads: refused
strictLogging: true
minimumLogRetentionDays: 731
keepsOn: [verifySni]
"""
EXTENDED = "extends: coding\ntitle: Coder without packages\npermitSets: [aws-infra, model-gateways]\npackageInstalls: false\nmayReach: []\n"
CLASSES = {"incident": ALONE, "careful-coder": EXTENDED}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    copy = Path(shutil.copytree(find_presets_folder(), tmp_path / "presets"))
    for name, text in CLASSES.items():
        (copy / f"{name}.yaml").write_text(text)
    return load_library(copy)


def spec_of(library: Library, agent_class: str, mode: str, **config: Any) -> ContainmentSpec:
    raw = {"awsAccessAccount": "lab", "agentImageId": "ami-00000000", "agentClass": agent_class, "policyMode": mode, **config}
    return resolve({"flowLogRetentionDays": 731, **raw}, library, f"{agent_class}-{mode}")


@pytest.mark.parametrize("mode", PolicyMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("harness", Harness, ids=lambda harness: harness.value)
@pytest.mark.parametrize("agent_class", CLASSES)
def test_it_resolves_builds_and_keeps_every_invariant(library: Library, agent_class: str, harness: Harness, mode: PolicyMode) -> None:
    spec = spec_of(library, agent_class, mode.value, installMode=harness.value)
    assert find_broken_invariants(spec, build_ruleset(spec)) == []
    assert find_residual_risks(spec)


def test_what_its_file_sets_is_what_it_gets(library: Library) -> None:
    spec = spec_of(library, "incident", "enforce")
    assert {str(pattern) for pattern in spec.destinations[WebGroupId.PACKAGES].patterns} >= {"docs.python.org"}
    assert WebGroupId.PUBLIC_REFERENCE not in spec.destinations
    assert spec.strict_logging
    for key, value in (("flowLogRetentionDays", 365), ("verifySni", False), ("approvedSaasApiDomains", ["github.com"])):
        with pytest.raises(InputError) as caught:
            spec_of(library, "incident", "enforce", **{key: value})
        assert {problem.where.partition(":")[2] for problem in caught.value.problems} == {key}


def test_what_it_extends_is_what_it_does_not_set_itself(library: Library) -> None:
    base, made = library.presets["coding"], library.presets["careful-coder"]
    said = {"name", "extends", "title", "permit_sets", "package_installs", "may_reach"}
    assert {name for name in type(made).model_fields if getattr(made, name) != getattr(base, name)} == said
    with pytest.raises(InputError, match=r"github\.com"):
        spec_of(library, "careful-coder", "monitor", packageRegistryDomains=["github.com"], enablePackageInstalls=True)


def test_a_stack_named_after_it_is_held_to_it(library: Library) -> None:
    raw = {"awsAccessAccount": "lab", "agentClass": "coding", "policyMode": "monitor"}
    with pytest.raises(InputError, match="disagrees with the stack's name"):
        resolve(raw, library, "incident-monitor")


def test_it_is_in_every_table_of_classes(library: Library) -> None:
    for render in (tables.render_classes, tables.render_class_demands, tables.render_class_list, tables.render_class_sets):
        assert "`incident`" in render(library)
