"""The rules without CrossGuard say the same, in the same words, about plain data."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from policypack.firewall.model_providers import PROVIDERS
from policypack.graph.known_types import INSTANCE
from policypack.graph.plain_data import UNKNOWN
from policypack.standalone_checks import check_order, check_resource

SOUND = {
    "subnetId": UNKNOWN,
    "associatePublicIpAddress": False,
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
}
INTERNET = "def000ad-0000-0000-0000-000000000001"


def order(rules: list[dict[str, Any]], mode: str = "enforce") -> list[str]:
    found = check_order(
        rules,
        web_groups={"shadow": PROVIDERS, "core": ["openclaw.ai"], "wide": ["*.mistral.ai"]},
        smart_groups={"agents": [{"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}, {"cidr": "10.42.10.0/24"}]},
        host_tags={"Role": "openclaw-agent-harness", "PolicyMode": mode},
        host_cidrs=["10.42.10.0/24", "10.42.11.0/24"],
    )
    return [finding.what for finding in found]


def rule(name: str, priority: int, action: str, web: str, **changes: object) -> dict[str, Any]:
    made = {"name": name, "priority": priority, "action": action, "webGroups": [web], "logging": True, "protocol": "TCP"}
    return made | {"srcSmartGroups": ["agents"], "dstSmartGroups": [INTERNET], "portRanges": [{"lo": 443, "hi": 443}]} | changes


def test_a_sound_host_has_no_findings() -> None:
    assert check_resource(INSTANCE, "agent", SOUND) == []


def test_an_unsound_host_is_reported_by_what_where_why_fix_and_ids() -> None:
    (finding,) = check_resource(INSTANCE, "agent", {**SOUND, "metadataOptions": {"httpTokens": "optional"}})
    assert finding.id == "agent-host-requires-imdsv2"
    text = str(finding)
    assert text.startswith("agent-host-requires-imdsv2: agent: does not require IMDSv2: metadataOptions.httpTokens is optional\n")
    assert "\nwhy: " in text
    assert "\nfix: " in text
    assert "\nids: CKV_AWS_79" in text


def test_an_output_where_a_literal_is_needed_is_refused() -> None:
    assert [one.id for one in check_resource(INSTANCE, "agent", {**SOUND, "associatePublicIpAddress": UNKNOWN})] == [
        "agent-host-has-no-public-ip"
    ]


def test_a_resource_of_no_concern_has_no_findings() -> None:
    assert check_resource("aws:s3/bucket:Bucket", "logs", {"bucket": UNKNOWN}) == []


def test_a_sound_order_has_no_findings() -> None:
    assert order([rule("deny", 10, "DENY", "shadow"), rule("core", 50, "PERMIT", "core")]) == []


def test_a_permit_ahead_is_named_with_what_it_lets_through() -> None:
    (what,) = order([rule("deny", 10, "DENY", "shadow"), rule("wide", 5, "PERMIT", "wide")])
    assert what == "wide (priority 5) may permit api.mistral.ai before deny (priority 10) denies it"


def test_a_watched_deny_is_sound_in_monitor_only() -> None:
    watched = [rule("deny", 10, "DENY", "shadow", watch=True)]
    assert order(watched, mode="monitor") == []
    assert order(watched) == ["deny (priority 10) is only watched, while not every agent host is tagged PolicyMode=monitor"]


def test_a_rule_that_misses_one_of_the_hosts_is_refused() -> None:
    assert order([rule("deny", 10, "DENY", "shadow", srcSmartGroups=["agents"]), rule("core", 50, "PERMIT", "core")]) == []
    found = check_order(
        [rule("deny", 10, "DENY", "shadow")],
        web_groups={"shadow": PROVIDERS},
        smart_groups={"agents": [{"cidr": "10.42.10.0/24"}]},
        host_tags={},
        host_cidrs=["10.42.10.0/24", "10.42.11.0/24"],
        owner="the rules",
    )
    assert [(one.where, one.what) for one in found] == [("the rules", "deny (priority 10) does not cover every agent host as a source")]


def test_in_a_complete_environment_every_rule_about_rules_is_evaluated() -> None:
    resolver, anywhere = "resolver", "def000ad-0000-0000-0000-000000000000"
    dns = {"portRanges": [{"lo": 53, "hi": 53}], "webGroups": []}
    rules = [
        rule("deny", 10, "DENY", "shadow"),
        *(rule(f"dns-{one}", at, "PERMIT", "", protocol=one, dstSmartGroups=[resolver], **dns) for at, one in ((18, "UDP"), (19, "TCP"))),
        *(rule(f"no-dns-{one}", at, "DENY", "", protocol=one, dstSmartGroups=[anywhere], **dns) for at, one in ((20, "UDP"), (21, "TCP"))),
        rule("core", 50, "PERMIT", "core", flowAppRequirement="TLS_REQUIRED"),
        rule("rest", 200, "DENY", "", protocol="ANY", portRanges=[], webGroups=[], dstSmartGroups=[anywhere]),
    ]

    def found(changed: list[dict[str, Any]]) -> set[str]:
        judged = check_order(
            changed,
            web_groups={"shadow": PROVIDERS, "core": ["openclaw.ai"]},
            smart_groups={
                "agents": [{"type": "vm", "tags": {"Role": "openclaw-agent-harness"}}, {"cidr": "10.42.10.0/24"}],
                "resolver": [{"cidr": "10.42.0.2/32"}],
            },
            host_tags={"Role": "openclaw-agent-harness", "AgentStack": "x", "PolicyMode": "enforce"},
            host_cidrs=["10.42.10.0/24"],
            owner="urn:pulumi:s::p::t::rules",
            vpc_cidr="10.42.0.0/16",
        )
        assert {one.where for one in judged} <= {"urn:pulumi:s::p::t::rules"}
        return {one.id for one in judged}

    assert found(rules) == set()
    assert found(rules[:-1]) == {"default-deny-is-last"}
    assert found(rules[:3] + rules[4:]) == {"external-dns-is-denied"}
    assert found([{**one, "flowAppRequirement": None} for one in rules]) == {"web-permits-demand-tls"}
    assert found([{**one, "watch": one["name"] == "rest"} for one in rules]) == {"denies-are-applied"}
    assert found([{**one, "priority": 50 if one["name"] == "no-dns-TCP" else one["priority"]} for one in rules]) == {
        "priorities-are-distinct"
    }


def test_the_rules_load_without_pulumi_and_without_the_program_they_judge() -> None:
    code = (
        "import sys, policypack.standalone_checks; print([m for m in sys.modules if m.split('.')[0] in ('pulumi', "
        "'pulumi_policy', 'components')])"
    )
    seen = "print([m for m in sys.modules if m in ('containment.config.spec', 'containment.policy.builder')])"
    done = subprocess.run([sys.executable, "-c", f"{code}; {seen}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "[]"]
