"""Shadow models are denied by name, in the log, before anything can permit them: by meaning, in any spelling."""

# mypy: disable-error-code="func-returns-value"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from policypack.firewall.model_providers import PROVIDERS
from policypack.graph.known_types import DEFAULT_ACTION, POLICY_LIST, RULESET, SMART_GROUP
from policypack.graph.plain_data import UNKNOWN
from policypack.standalone_checks import check_stack
from tests.policypack.stacks import ANYWHERE, INTERNET, Ref, Stack, compliant, rule, web_group

ORDER = "shadow-model-deny-comes-first"
SOURCE = Ref("agent-workload")

Change = Callable[[Stack], object]


def policies(stack: Stack) -> list[dict[str, object]]:
    found: list[dict[str, object]] = stack.props["rules"]["policies"]
    return found


def deny(stack: Stack, **changes: object) -> None:
    stack.rule("shadow-model-deny").update(changes)


def permit(stack: Stack, name: str, at: int, *patterns: str, **changes: object) -> None:
    web = [web_group(stack, f"{name}-names", *patterns)] if patterns else None
    policies(stack).append(rule(name, at, "PERMIT", SOURCE, INTERNET, web=web) | changes)


def deny_set(stack: Stack, *patterns: str) -> None:
    web_group(stack, "shadow-models", *patterns)


def smart_group(stack: Stack, name: str, *expressions: dict[str, object]) -> Ref:
    return stack.add(SMART_GROUP, name, {"name": name, "selector": {"matchExpressions": list(expressions)}})


def ruleset(stack: Stack, attach: object = "defa11a1-3000-4001-0000-000000000000") -> None:
    stack.types["rules"] = RULESET
    stack.props["rules"] = {"name": "rules", "attachTo": attach, "rules": stack.props["rules"]["policies"]}


# refused in a first preview and once ids are known
ALWAYS: dict[str, Change] = {
    "deny missing": lambda s: policies(s).pop(0),
    "no rules at all": lambda s: s.props["rules"].update(policies=[]),
    "deny disabled": lambda s: deny(s, enforcement="DISABLE"),
    "deny unlogged": lambda s: deny(s, logging=False),
    "deny silent about logging": lambda s: s.rule("shadow-model-deny").pop("logging"),
    "deny logging unknown": lambda s: deny(s, logging=UNKNOWN),
    "deny watched": lambda s: deny(s, watch=True),
    "deny monitored": lambda s: deny(s, enforcement="MONITOR"),
    "deny watched, mode unknown": lambda s: (deny(s, watch=True), s.props["agent"]["tags"].update(PolicyMode=UNKNOWN)),
    "deny watched, mode said twice": lambda s: (
        deny(s, watch=True),
        s.props["agent"]["tags"].update(PolicyMode="monitor"),
        s.add("aws:ec2/tag:Tag", "second", {"resourceId": Ref("agent"), "key": "PolicyMode", "value": "enforce"}),
    ),
    "deny on another port": lambda s: deny(s, portRanges=[{"lo": 8443, "hi": 8443}]),
    "deny on port 80": lambda s: deny(s, portRanges=[{"lo": 80}]),
    "deny on udp": lambda s: deny(s, protocol="UDP"),
    "deny of all but tls": lambda s: deny(s, flowAppRequirement="NOT_TLS_REQUIRED"),
    "deny of nobody knows what": lambda s: deny(s, flowAppRequirement=UNKNOWN),
    "deny turned into a permit": lambda s: deny(s, action="PERMIT"),
    "deny turned into an inspecting permit": lambda s: deny(s, action="INTRUSION_DETECTION_PERMIT"),
    "deny to private space": lambda s: deny(s, dstSmartGroups=[smart_group(s, "inside", {"cidr": "10.0.0.0/8"})]),
    "deny after a permit of everything": lambda s: permit(s, "all", 5),
    "deny after a permit of any protocol": lambda s: permit(s, "all", 5, protocol="ANY", portRanges=[]),
    "deny after an inspecting permit": lambda s: permit(s, "all", 5, action="INTRUSION_DETECTION_PERMIT"),
    "deny after a deep inspecting permit": lambda s: permit(s, "all", 5, action="DEEP_PACKET_INSPECTION_PERMIT"),
    "deny after a permit of all web": lambda s: permit(s, "web", 5, webGroups=["def000ad-0000-0000-0000-000000000002"]),
    "deny after a permit to anywhere": lambda s: permit(s, "all", 5, dstSmartGroups=[ANYWHERE]),
    "deny after a wildcard permit": lambda s: permit(s, "openai", 5, "*.openai.com"),
    "deny after a glob permit": lambda s: permit(s, "apis", 5, "api.*.com"),
    "deny after a permit in capitals": lambda s: permit(s, "openai", 5, "API.OpenAI.COM."),
    "deny after a permit of a wider port range": lambda s: permit(s, "all", 5, portRanges=[{"lo": 1, "hi": 65535}]),
    "deny after a permit of unknown action": lambda s: permit(s, "odd", 5, action=UNKNOWN),
    "deny after a permit of unknown priority": lambda s: permit(s, "odd", 5, priority=UNKNOWN),
    "deny after a permit without priority": lambda s: (permit(s, "all", 5), policies(s)[-1].pop("priority")),
    "deny after a permit in list order": lambda s: (permit(s, "all", 10), policies(s).insert(0, policies(s).pop())),
    "deny after the default deny": lambda s: deny(s, priority=300),
    "deny last by priority in a ruleset": lambda s: (deny(s, priority=300), ruleset(s)),
    "tie in a ruleset": lambda s: (permit(s, "all", 10), ruleset(s)),
    "permit in a ruleset before the list": lambda s: s.add(
        RULESET, "early", {"attachTo": "defa11a1-3000-4001-0000-000000000000", "rules": [rule("all", 500, "PERMIT", SOURCE, INTERNET)]}
    ),
    "permit in a ruleset somewhere": lambda s: s.add(RULESET, "early", {"rules": [rule("all", 500, "PERMIT", SOURCE, INTERNET)]}),
    "whole list unknown": lambda s: s.props["rules"].update(policies=UNKNOWN),
    "deny names other things": lambda s: deny_set(s, "paste.example.com"),
    "deny misspells": lambda s: deny_set(s, *(f"{name}.example" for name in PROVIDERS)),
    "url paths only": lambda s: s.props["shadow-models"]["selector"].update(matchExpressions=[{"urlfilter": "x.example/y"}]),
}

# what ids have to be known for
ONCE_KNOWN: dict[str, Change] = {
    "deny for another source": lambda s: deny(s, srcSmartGroups=[smart_group(s, "others", {"type": "vm", "tags": {"Role": "other"}})]),
    "deny for another network": lambda s: deny(s, srcSmartGroups=[smart_group(s, "others", {"cidr": "10.99.0.0/16"})]),
    "deny for some agents": lambda s: deny(
        s, srcSmartGroups=[smart_group(s, "others", {"type": "vm", "tags": {"Role": "openclaw-agent-harness", "Team": "x"}})]
    ),
    "deny for another subnet": lambda s: (
        s.props["agents"].update(tags={"Tier": "agents"}),
        deny(s, srcSmartGroups=[smart_group(s, "others", {"type": "subnet", "tags": {"Tier": "web"}})]),
    ),
    "deny for some region": lambda s: deny(
        s, srcSmartGroups=[smart_group(s, "others", {"type": "vm", "tags": {"Role": "openclaw-agent-harness"}, "region": "eu-west-1"})]
    ),
    "deny uses the permit's group": lambda s: deny(s, webGroups=[Ref("core")]),
    "deny set has a gap that a permit fills by wildcard": lambda s: (
        deny_set(s, *PROVIDERS[1:]),
        permit(s, "openai", 60, "*.openai.com"),
    ),
    "deny set has a gap and a permit of all web": lambda s: (
        deny_set(s, *PROVIDERS[1:]),
        permit(s, "web", 60, webGroups=["def000ad-0000-0000-0000-000000000002"]),
    ),
    "deny set has a gap and nothing denies by default": lambda s: (
        deny_set(s, *PROVIDERS[1:]),
        policies(s).pop(),
        s.drop("default-action"),
    ),
    "a doh deny stands in front, the shadow deny comes late": lambda s: (
        deny(s, priority=150),
        policies(s).append(rule("doh", 10, "DENY", SOURCE, INTERNET, web=[web_group(s, "doh-names", "dns.google")])),
        permit(s, "early", 20, "*.mistral.ai"),
    ),
}

SOUND: dict[str, Change] = {
    "as it is": lambda s: None,
    "ruleset": ruleset,
    "ruleset on its own point": lambda s: ruleset(s, attach=UNKNOWN),
    "any port and protocol": lambda s: deny(s, protocol="ANY", portRanges=[]),
    "a wider range": lambda s: deny(s, portRanges=[{"lo": 80, "hi": 80}, {"lo": 440, "hi": 450}]),
    "to anywhere": lambda s: deny(s, dstSmartGroups=[ANYWHERE]),
    "from the agents' subnet by tag": lambda s: (
        s.props["agents"].update(tags={"Tier": "agents"}),
        deny(s, srcSmartGroups=[smart_group(s, "by-subnet", {"type": "subnet", "tags": {"Tier": "agents"}})]),
    ),
    "from the agents' vpc by tag": lambda s: (
        s.props["vpc"].update(tags={"Tier": "agents"}),
        deny(s, srcSmartGroups=[smart_group(s, "by-vpc", {"type": "vpc", "tags": {"Tier": "agents"}})]),
    ),
    "from a host by name": lambda s: (
        s.props["agent"]["tags"].update(Name="worker"),
        deny(s, srcSmartGroups=[smart_group(s, "by-name", {"type": "vm", "name": "worker"})]),
    ),
    "from every vm": lambda s: deny(s, srcSmartGroups=[smart_group(s, "all-vms", {"type": "vm"})]),
    "from anywhere": lambda s: deny(s, srcSmartGroups=[ANYWHERE]),
    "lower case action": lambda s: deny(s, action="deny", protocol="tcp"),
    "wildcards in other spellings": lambda s: deny_set(
        s, "*.OpenAI.com.", "*.anthropic.com", "*generativelanguage.googleapis.com", "API.mistral.ai", "openrouter.ai", "*.deepseek.com"
    ),
    "longer deny set": lambda s: deny_set(s, *PROVIDERS, "api.x.ai", "api.cohere.ai"),
    "everything of the web": lambda s: deny_set(s, "*"),
    "watched, all hosts in monitor": lambda s: (deny(s, watch=True), s.props["agent"]["tags"].update(PolicyMode="monitor")),
    "permit for dns first": lambda s: s.rule("allow-vpc-dns-udp").update(priority=1),
    "permit of udp first": lambda s: permit(s, "ntp", 1, protocol="UDP", portRanges=[{"lo": 123, "hi": 123}]),
    "permit to private space first": lambda s: permit(
        s, "inside", 1, dstSmartGroups=[smart_group(s, "inside", {"cidr": "10.42.20.0/24"})], portRanges=[{"lo": 443, "hi": 443}]
    ),
    "list order, no priorities": lambda s: [one.pop("priority") for one in policies(s)],
    "tie in list order": lambda s: permit(s, "core-again", 10, "openclaw.ai"),
    "another list after": lambda s: s.add(
        RULESET, "late", {"attachTo": "defa11a1-3000-4002-0000-000000000000", "rules": [rule("all", 1, "PERMIT", SOURCE, INTERNET)]}
    ),
    "no default action here": lambda s: s.drop("default-action"),
    "gap that nothing permits": lambda s: deny_set(s, *PROVIDERS[:-1]),
}

# sound by meaning, and shown to be so once ids are known
SOUND_ONCE_KNOWN: dict[str, Change] = {
    "permit of other names first": lambda s: permit(s, "registry", 1, "registry.npmjs.org"),
    "permit of other sources first": lambda s: permit(s, "web", 1, srcSmartGroups=[smart_group(s, "others", {"cidr": "10.99.0.0/16"})]),
    "one deny a provider": lambda s: (
        deny_set(s, *PROVIDERS[:3]),
        policies(s).append(rule("more", 12, "DENY", SOURCE, INTERNET, web=[web_group(s, "more-names", *PROVIDERS[3:])])),
    ),
    "a provider sanctioned by its exact name": lambda s: (
        deny_set(s, *PROVIDERS[1:]),
        permit(s, "openai", 60, "api.openai.com"),
        s.props["openai-names"].update(name="acme-wg-approved-model-gateways"),
    ),
}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", ALWAYS)
def test_a_shadow_model_that_could_pass_is_refused(case: str, known: bool) -> None:
    stack = compliant()
    ALWAYS[case](stack)
    refused = stack.refused(known)
    unknown = {"compute-and-routing-are-known"} if case == "whole list unknown" else set()  # its rules' fields are not known either
    assert {rule for rule, _ in refused} == {ORDER, *unknown}


@pytest.mark.parametrize("case", ONCE_KNOWN)
def test_what_ids_reveal_is_refused_once_known(case: str) -> None:
    stack = compliant()
    ONCE_KNOWN[case](stack)
    assert stack.refused(known=True) == {(ORDER, "rules")}


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("case", SOUND)
def test_sound_orders_pass(case: str, known: bool) -> None:
    stack = compliant()
    SOUND[case](stack)
    assert stack.refused(known) == set()


@pytest.mark.parametrize("case", SOUND_ONCE_KNOWN)
def test_orders_that_ids_prove_sound_pass_once_known(case: str) -> None:
    stack = compliant()
    SOUND_ONCE_KNOWN[case](stack)
    assert stack.refused(known=True) == set()


@pytest.mark.parametrize("known", [False, True], ids=["preview", "known"])
@pytest.mark.parametrize("kind", [POLICY_LIST, RULESET])
def test_the_list_that_contains_the_fault_is_named(kind: str, known: bool) -> None:
    stack = compliant()
    deny(stack, logging=False)
    if kind == RULESET:
        ruleset(stack)
    assert stack.refused(known) == {(ORDER, "rules")}


def test_in_a_first_preview_every_permit_ahead_of_the_first_web_deny_is_refused() -> None:
    stack = compliant()
    permit(stack, "registry", 1, "registry.npmjs.org")
    web_group(stack, "lookalike", *PROVIDERS)
    permit(stack, "later", 70, webGroups=[Ref("lookalike")])
    assert stack.refused(known=False) == {(ORDER, "rules")}


def test_a_deny_that_calls_itself_shadow_model_deny_is_taken_at_its_word_in_preview() -> None:
    stack = compliant()
    deny(stack, priority=150)
    policies(stack).append(
        rule("deny-doh", 10, "DENY", SOURCE, INTERNET, web=[web_group(stack, "doh-names", "dns.google", *PROVIDERS[:1])])
    )
    assert stack.refused(known=False) == {(ORDER, "rules")}


def test_a_default_action_alone_names_nobody() -> None:
    stack = compliant()
    stack.drop("rules")
    assert stack.refused(known=False) == {(ORDER, "")}


def test_a_program_without_any_aviatrix_resource_has_no_order_to_judge() -> None:
    stack = compliant()
    stack.drop(*[name for name, kind in stack.types.items() if kind.startswith("aviatrix:")])
    assert stack.refused(known=False) == set()
    stack.props["agent"].update(associatePublicIpAddress=True)
    assert stack.refused(known=False) == {("agent-host-has-no-public-ip", "agent")}


def test_a_gateway_and_hosts_without_rules_are_refused() -> None:
    stack = compliant()
    stack.drop("rules", "default-action")
    assert stack.refused(known=False) == {(ORDER, "")}


def test_no_default_action_is_no_default_deny() -> None:
    stack = compliant()
    deny_set(stack, *PROVIDERS[1:])
    policies(stack).pop()
    stack.drop("default-action")
    assert stack.types.get("default-action") is not DEFAULT_ACTION
    assert stack.refused(known=True) == {(ORDER, "rules")}


def answered(change: Callable[[list[dict[str, object]]], object]) -> set[str]:
    """Judge a sound stack whose Controller answered its rules with a change; providers answer every field, empty ones as ""."""
    stack = compliant()
    found = []
    for resource in stack.resources(known=True):
        if resource.name != "rules":
            found.append(resource)
            continue
        rules = [{"enforcement": "", "webGroups": [], "tlsProfile": "", "portRanges": [], **one} for one in resource.outputs["policies"]]
        change(rules)
        found.append(replace(resource, outputs={**resource.outputs, "policies": rules}))
    return {finding.id for finding in check_stack(found)}


def test_what_the_controller_answered_is_judged_as_well_as_what_was_requested() -> None:
    assert answered(lambda rules: None) == set()
    assert answered(lambda rules: rules[0].update(priority=1000)) == {ORDER}
    assert answered(lambda rules: rules[0].update(logging=False)) == {ORDER}
    assert answered(lambda rules: rules.pop(0)) == {ORDER}


def test_an_answer_that_is_not_known_yet_does_not_satisfy_the_demand() -> None:
    assert answered(lambda rules: rules[0].update(priority=UNKNOWN)) == set()


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    "name", ["acme.ngrok.io", "dns.google", "acme.duckdns.org", "webhook.site", "\uff4fpenclaw.ai", "203.0.113.66.nip.io"]
)
def test_a_name_of_strangers_is_refused_where_the_gateway_is_in_another_program(name: str, known: bool) -> None:
    stack = compliant()
    stack.props["core"]["selector"]["matchExpressions"].append({"snifilter": name})
    assert stack.refused(known) == {("permitted-names-are-not-denied", "core")}
