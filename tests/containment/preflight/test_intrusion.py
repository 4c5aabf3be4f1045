"""An intrusion profile counts only if it drops what is major and critical, by a feed of which no rule is left out."""

from __future__ import annotations

from typing import Any

import pytest

from containment.config.destination_entry import get_names
from containment.errors import InputError
from containment.loaders.stack_file import read_stack
from containment.policy.builder import build_ruleset
from containment.preflight.controller import find_profile_faults

SOUND: dict[str, Any] = {
    "profile_name": "agents",
    "rule_feeds": {"custom_feeds_ids": [], "external_feeds_ids": ["suricata-rules"], "ignored_sids": []},
    "intrusion_actions": {"informational": "alert", "minor": "alert", "major": "alert_and_drop", "critical": "alert_and_drop"},
}
URLS = {"tlsDecryptionUrls": '["api.partner.example/v1/*"]', "controllerVersion": "9.0.10"}


def test_a_sound_profile_has_no_fault() -> None:
    assert find_profile_faults(SOUND) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"intrusion_actions": {**SOUND["intrusion_actions"], "critical": "alert"}}, "critical"),
        ({"intrusion_actions": {**SOUND["intrusion_actions"], "major": "alert"}}, "major"),
        ({"intrusion_actions": {}}, "critical"),
        ({"rule_feeds": {**SOUND["rule_feeds"], "external_feeds_ids": []}}, "no rule feed"),
        ({"rule_feeds": {**SOUND["rule_feeds"], "ignored_sids": [1]}}, "leaves out 1"),
        ({"rule_feeds": {**SOUND["rule_feeds"], "never_drop_sids": [1, 2]}}, "leaves out 2"),
        ({"rule_feeds": None, "intrusion_actions": None}, "no rule feed"),
    ],
)
def test_each_weakness_is_a_fault(change: dict[str, Any], word: str) -> None:
    assert any(word in fault for fault in find_profile_faults({**SOUND, **change}))


def test_a_controller_without_a_profile_has_faults() -> None:
    assert len(find_profile_faults({})) == 3


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"intrusionDetection": "true"}, ["the permits that decrypt are: none"]),
        ({"intrusionDetection": "true", "controllerVersion": "8.2"}, ["needs a Controller 9.0", "are: none"]),
    ],
)
def test_it_is_refused_on_an_older_controller_and_where_nothing_decrypts(overrides: dict[str, str], words: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        read_stack("coding-enforce", overrides)
    assert [word for word in words if word not in str(raised.value)] == []


def test_it_is_off_by_default_and_changes_no_rule() -> None:
    spec = read_stack("coding-monitor", URLS)
    assert spec.config.intrusion_detection is False
    assert get_names(spec.config.tls_decryption_urls)
    assert build_ruleset(read_stack("coding-monitor", {**URLS, "intrusionDetection": "true"})).rules == build_ruleset(spec).rules
