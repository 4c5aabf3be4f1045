"""Between CrossGuard and the rules nothing is skipped, guessed or swallowed."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_BOOLEAN_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

from policypack.adapter import build_policies
from policypack.finding import Rule, Severity, Violation
from policypack.graph.known_types import INSTANCE, METADATA_DEFAULTS, SUBNET
from policypack.graph.plain_data import UNKNOWN, make_plain
from policypack.graph.resources import Graph, Resource
from policypack.registry import RULES

OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
TAGS = {"Role": "openclaw-agent-harness"}
SOUND = {"tags": TAGS, "associatePublicIpAddress": False, "metadataOptions": {"httpTokens": "required"}}


class Run:
    """One run of the pack's policies, as the SDK drives them; keeps (policy, urn, message)."""

    def __init__(self, rules: tuple[Rule, ...] = RULES) -> None:
        self.policies = build_policies(rules)
        self.found: list[tuple[str, str, str]] = []

    def register(self, kind: str, name: str, props: dict[str, Any], provider: PolicyProviderResource | None = None) -> None:
        """Analyse one resource."""
        for policy in self.policies:
            if not isinstance(policy, ResourceValidationPolicy):
                continue
            args = ResourceValidationArgs(kind, unknown_checking_proxy(props), name, name, OPTIONS, provider)
            policy.validate(args, lambda message, urn=None, policy=policy: self.found.append((policy.name, name, message)))  # type: ignore[misc]

    def finish(self, *resources: tuple[str, str, dict[str, Any]]) -> None:
        """Analyse the stack; the properties are outputs."""
        made = [
            PolicyResource(kind, unknown_checking_proxy(props), name, name, OPTIONS, None, None, [], {}) for kind, name, props in resources
        ]
        for policy in self.policies:
            policy.validate(  # type: ignore[attr-defined]
                StackValidationArgs(made),
                lambda message, urn=None, policy=policy: self.found.append((policy.name, urn or "", message)),
            )

    @property
    def places(self) -> list[tuple[str, str]]:
        """Return what was reported, without the words."""
        return [(policy, urn) for policy, urn, _ in self.found]


def one_rule(check_stack: Any = None, check_resource: Any = None) -> tuple[Rule, ...]:
    return (Rule("x", Severity.LOW, "info", "why", "fix", check_resource=check_resource, check_stack=check_stack or (lambda graph: [])),)


def test_proxies_become_plain_data_with_unknowns_secrets_and_no_notes_of_the_bridge() -> None:
    raw = {"a": UNKNOWN_STRING_VALUE, "b": [{"c": UNKNOWN_BOOLEAN_VALUE, "__defaults": []}], "n": 443.0, "__defaults": ["z"]}
    assert make_plain(unknown_checking_proxy(raw)) == {"a": UNKNOWN, "b": [{"c": UNKNOWN}], "n": 443}
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "s"}
    assert make_plain({"a": secret}) == {"a": "s"}
    assert make_plain({"a": {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}}) == {"a": UNKNOWN}


def test_what_the_bridge_filled_in_is_not_what_the_program_states() -> None:
    rule = {"action": "PERMIT", "flowAppRequirement": "APP_UNSPECIFIED", "name": "auto-1", "__defaults": ["flowAppRequirement", "name"]}
    assert make_plain(unknown_checking_proxy({"rules": [rule]})) == {"rules": [{"action": "PERMIT", "name": "auto-1"}]}


def test_an_unknown_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)


def test_an_unknown_flag_is_a_violation_and_not_a_skip() -> None:
    run = Run()
    run.register(INSTANCE, "agent", {**SOUND, "associatePublicIpAddress": UNKNOWN_BOOLEAN_VALUE})
    assert run.places == [("agent-host-has-no-public-ip", "agent")]


def test_a_fault_seen_at_the_resource_is_not_reported_again_for_the_stack() -> None:
    run = Run()
    props = {**SOUND, "subnetId": "subnet-1", "associatePublicIpAddress": True}
    run.register(INSTANCE, "agent", props)
    run.finish((INSTANCE, "agent", props))
    assert run.places.count(("agent-host-has-no-public-ip", "agent")) == 1


def test_compute_without_a_host_tag_is_judged_with_the_stack_only() -> None:
    run = Run()
    run.register(INSTANCE, "forwarder", {"associatePublicIpAddress": True})
    assert run.places == []


def test_a_silent_host_after_account_defaults_is_left_to_the_stack() -> None:
    silent = {key: value for key, value in SOUND.items() if key != "metadataOptions"}
    alone, after = Run(), Run()
    alone.register(INSTANCE, "agent", silent)
    after.register(METADATA_DEFAULTS, "account", {"httpTokens": "required"})
    after.register(INSTANCE, "agent", silent)
    assert alone.places == [("agent-host-requires-imdsv2", "agent")]
    assert after.places == []


def test_stack_policies_judge_the_inputs_that_were_analysed_and_not_the_unknown_outputs() -> None:
    run = Run()
    run.register(SUBNET, "agents", {"cidrBlock": "10.0.0.0/24"})
    run.register(INSTANCE, "agent", {**SOUND, "subnetId": "subnet-1"})
    run.finish(
        (SUBNET, "agents", {"id": "subnet-1", "mapPublicIpOnLaunch": UNKNOWN_BOOLEAN_VALUE}),
        (INSTANCE, "agent", {"ipv6Addresses": UNKNOWN_STRING_VALUE, "metadataOptions": UNKNOWN_STRING_VALUE}),
    )
    assert {policy for policy, _ in run.places} == {"agent-subnet-has-no-nat-route"}  # of a VPC that is not there


def test_a_resource_that_was_only_read_is_judged_by_its_outputs() -> None:
    run = Run()
    run.register(INSTANCE, "agent", {"tags": TAGS, "subnetId": "subnet-1", "metadataOptions": {"httpTokens": "required"}})
    run.finish((SUBNET, "existing", {"id": "subnet-1", "mapPublicIpOnLaunch": True}), (INSTANCE, "agent", {}))
    assert ("agent-host-has-no-public-ip", "existing") in run.places


def test_a_check_that_raises_has_failed() -> None:
    def broken(*_: Any) -> list[Violation]:
        raise ValueError("boom")

    run = Run(one_rule(broken, broken))
    run.register("aws:s3/bucket:Bucket", "bucket", {})
    run.finish(("aws:s3/bucket:Bucket", "bucket", {}))
    assert run.places == [("x", "bucket"), ("x", "")]
    assert all("the check itself failed (ValueError: boom)" in message for _, _, message in run.found)


@pytest.mark.parametrize("block", [{"tags": TAGS}, '{"tags": {"Role": "openclaw-agent-harness"}}'])
def test_a_tag_that_the_provider_adds_makes_a_host(block: object) -> None:
    provider = PolicyProviderResource("pulumi:providers:aws", unknown_checking_proxy({"defaultTags": block}), "urn", "aws")
    run = Run()
    run.register(INSTANCE, "agent", {"associatePublicIpAddress": True, "metadataOptions": {"httpTokens": "required"}}, provider)
    assert run.places == [("agent-host-has-no-public-ip", "agent")]


def test_the_summary_counts_hosts_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run()
    run.register(INSTANCE, "agent", SOUND)
    run.finish((INSTANCE, "agent", SOUND))
    checks = len(RULES) + sum(rule.check_resource is not None for rule in RULES) + 2  # the rule about waivers is asked twice
    assert capsys.readouterr().out.strip() == f"containment: 1 agent host (Instance agent), {checks} checks"


def test_a_reference_ends_where_ids_or_dependencies_lead() -> None:
    subnet = Resource("s", SUBNET, "s", outputs={"id": "subnet-1"})
    other = Resource("o", SUBNET, "o", outputs={"id": "subnet-2"})
    holder = Resource("h", INSTANCE, "h", property_dependencies={"subnetId": ("s", "o")})
    graph = Graph([subnet, other, holder])
    assert graph.resolve(holder, "subnetId", "subnet-2", (SUBNET,)).found == (other,)
    assert graph.resolve(holder, "subnetId", UNKNOWN, (SUBNET,)).trace.value == "one of"
    assert graph.resolve(holder, "subnetId", "subnet-9", (SUBNET,)).trace.value == "external"
    assert graph.resolve(holder, "other", UNKNOWN, (SUBNET,)).trace.value == "untraced"
    assert graph.resolve(holder, "subnetId", None, (SUBNET,)).trace.value == "none"
