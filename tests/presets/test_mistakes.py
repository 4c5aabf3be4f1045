"""A broken file under presets/ is refused with its file, its key and a fix, and all mistakes come at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.loaders.presets import load_library

Edit = Callable[[str, str, str], Path]

NVIDIA = "catalog/model-gateways.yaml"
FIRST = f"presets/{NVIDIA}:entries.0"


@pytest.mark.parametrize(
    ("file", "before", "after", "where", "says"),
    [
        (NVIDIA, "    owner: NVIDIA\n", "", f"{FIRST}.owner", "is not set"),
        (NVIDIA, "    owner: NVIDIA\n", '    owner: ""\n', f"{FIRST}.owner", "is empty"),
        (NVIDIA, "    uploads: false\n", "", f"{FIRST}.uploads", "is not set"),
        (NVIDIA, "    uploads: false\n", "    uploads: perhaps\n", f"{FIRST}.uploads", "perhaps"),
        (NVIDIA, "foreignTenant: true", "foriegnTenant: true", f"{FIRST}.foriegnTenant", "is not a key here"),
        (NVIDIA, "reviewed: 2026-11-21", "reviewed: yesterday", f"{FIRST}.reviewed", "yesterday"),
        (NVIDIA, "pattern: integrate", "pattern: https://integrate", f"{FIRST}.pattern", "characters"),
        (NVIDIA, "pattern: integrate.api.nvidia.com", 'pattern: "*"', f"{FIRST}.pattern", "restricts nothing"),
        (NVIDIA, "pattern: integrate.api.nvidia.com", 'pattern: "**.nvidia.com"', f"{FIRST}.pattern", "**"),
        (NVIDIA, "pattern: integrate.api.nvidia.com", 'pattern: "api.{regoin}.nvidia.com"', f"{FIRST}.pattern", "characters"),
        (NVIDIA, "integrate.api.nvidia.com", "INFERENCE-API.nvidia.com.", f"presets/{NVIDIA}:(whole file)", "twice"),
        (NVIDIA, "webGroup: wg-approved-model-gateways", "webGroup: wg-models", f"presets/{NVIDIA}:webGroup", "wg-models"),
        (NVIDIA, "entries:", "entries: [", f"presets/{NVIDIA}", "cannot be read"),
        ("catalog/skill-hubs.yaml", "title: Public skill hubs", "title: [a]", "presets/catalog/skill-hubs.yaml:title", "is not a text"),
        ("coding.yaml", "harness: nemoclaw", "harness: nemoclaws", "presets/coding.yaml:harness", "nemoclaws"),
        ("coding.yaml", "developer-docs]", "developer-doc]", "presets/coding.yaml:permitSets", "'developer-doc'"),
        ("coding.yaml", "developer-docs]", "unapproved-models]", "presets/coding.yaml:permitSets", "wg-unapproved-model-providers"),
        ("coding.yaml", "denySets: [", "denySets: [openclaw-core, ", "presets/coding.yaml:denySets", "wg-openclaw-core"),
        (
            "coding.yaml",
            "denySets: [unapproved-models, doh-resolvers, paste-and-webhooks]",
            "denySets: []",
            "presets/coding.yaml:denySets",
            "is empty",
        ),
        ("coding.yaml", "denySets: [unapproved-models, ", "denySets: [", "presets/coding.yaml:denySets", "wg-unapproved-model-providers"),
        ("coding.yaml", "harness: nemoclaw", "harness: nemoclaw\nname: other", "presets/coding.yaml:name", "is set"),
        (
            NVIDIA,
            "    uploads: false\n    relays",
            "    uploads: true\n    uploads: false\n    relays",
            f"presets/{NVIDIA}",
            "the key 'uploads' is already set at line 13",
        ),
        (NVIDIA, "pattern: integrate.api.nvidia.com", 'pattern: "*.com"', f"{FIRST}.pattern", "top-level"),
        (NVIDIA, "    uploads: false\n    relays", "    uploads: 'no'\n    relays", f"{FIRST}.uploads", "true or false"),
        ("locked-down.yaml", "permitSets: [aws-infra, model-gateways]", "", "presets/locked-down.yaml:permitSets", "is not set"),
        ("harnesses.yaml", "  hermes: [hermes-core]\n", "", "presets/harnesses.yaml:coreSets.hermes", "no set"),
        ("harnesses.yaml", "  hermes: [hermes-minimal]\n", "", "presets/harnesses.yaml:minimalSets.hermes", "no set"),
        ("healthcare-phi.yaml", "extends: regulated-data", "extends: regulated", "presets/healthcare-phi.yaml:extends", "not a class here"),
        (
            "healthcare-phi.yaml",
            "extends: regulated-data",
            "extends: healthcare-phi",
            "presets/healthcare-phi.yaml:extends",
            "the class itself",
        ),
        ("healthcare-phi.yaml", "extends: regulated-data", "extends: [coding]", "presets/healthcare-phi.yaml:extends", "not a class here"),
        (
            "regulated-data.yaml",
            "title:",
            "extends: healthcare-phi\ntitle:",
            "presets/healthcare-phi.yaml:extends",
            "extends another class",
        ),
        ("healthcare-phi.yaml", "  - verifySni", "  - verifySNI", "presets/healthcare-phi.yaml:keepsOn.4", "verifySNI"),
        ("coding.yaml", "mayReach: [registries]", "mayReach: [registry]", "presets/coding.yaml:mayReach.0", "registry"),
        ("coding.yaml", "uploads: allowed\n", "", "presets/coding.yaml:uploads", "is not set"),
        ("coding.yaml", "uploads: allowed", "uploads: yes", "presets/coding.yaml:uploads", "allowed"),
        ("coding.yaml", "core: full", "core: all", "presets/coding.yaml:core", "all"),
        ("regulated-data.yaml", "strictLogging: true", "strictLogging: very", "presets/regulated-data.yaml:strictLogging", "true or false"),
        (
            "regulated-data.yaml",
            "Days: 365",
            "Days: 0",
            "presets/regulated-data.yaml:minimumLogRetentionDays",
            "is below 1",
        ),
        (
            "catalog/package-registries.yaml",
            "kind: registries\n",
            "",
            "presets/catalog/package-registries.yaml:(whole file)",
            "has no kind",
        ),
        ("catalog/skill-hubs.yaml", "wg-openclaw-core", "wg-decrypted-urls", "presets/catalog/skill-hubs.yaml:webGroup", "is for URLs"),
        ("harnesses.yaml", "[hermes-core]", "[hermes]", "presets/harnesses.yaml:coreSets.hermes", "'hermes'"),
        ("harnesses.yaml", "[hermes-core]", "[unapproved-models]", "presets/harnesses.yaml:coreSets.hermes", "permits"),
    ],
)
def test_a_mistake_is_reported_by_file_and_key(edited: Edit, file: str, before: str, after: str, where: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        load_library(edited(file, before, after))
    found = {problem.where: problem for problem in caught.value.problems}
    assert where in found, str(caught.value)
    assert says in found[where].what
    assert found[where].why
    assert found[where].fix


def test_every_mistake_of_every_file_is_reported_at_once(edited: Edit) -> None:
    edited(NVIDIA, "    owner: NVIDIA\n", "")
    edited(NVIDIA, "    uploads: false\n", "")
    edited("catalog/skill-hubs.yaml", "    uploads: false\n", "")
    root = edited("coding.yaml", "harness: nemoclaw", "harness: none of them")
    with pytest.raises(InputError) as caught:
        load_library(root)
    places = [problem.where for problem in caught.value.problems]
    assert places == sorted(places)
    assert {
        f"{FIRST}.owner",
        f"{FIRST}.uploads",
        "presets/catalog/skill-hubs.yaml:entries.0.uploads",
        "presets/coding.yaml:harness",
    } <= set(places)


def test_an_unbroken_copy_loads(edited: Edit) -> None:
    assert load_library(edited(NVIDIA, "    owner: NVIDIA\n", "    owner: NVIDIA\n"))
