"""Values keep their meaning between a program and the engine: outputs are typed, unknowns stay unknown, secrets stay secret."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aviatrix as aviatrix
import pytest

from containment_lab.wire import UNKNOWN, convert_to_plain, is_secret

ANYWHERE = "def000ad-0000-0000-0000-000000000000"
RULE = {
    "name": "deny",
    "action": "DENY",
    "priority": 10,
    "protocol": "TCP",
    "srcSmartGroups": ["s"],
    "dstSmartGroups": ["d"],
    "portRanges": [{"lo": 443, "hi": 443}],
    "watch": True,
    "uuid": "r-1",
}


def rule(source: pulumi.Input[str]) -> aviatrix.DcfRulesetRuleArgs:
    return aviatrix.DcfRulesetRuleArgs(
        name="deny",
        action="DENY",
        priority=10,
        protocol="TCP",
        src_smart_groups=[source],
        dst_smart_groups=[ANYWHERE],
        port_ranges=[aviatrix.DcfRulesetRulePortRangeArgs(lo=443, hi=443)],
    )


def test_a_rules_uuid_reaches_the_program_by_attribute_and_by_key(engine: Any) -> None:
    def program() -> None:
        ruleset = aviatrix.DcfRuleset("rules", rules=[rule("s")])
        pulumi.export("uuid", ruleset.rules.apply(lambda rules: (rules or [])[0].uuid))
        pulumi.export("key", ruleset.rules.apply(lambda rules: (rules or [])[0]["src_smart_groups"]))
        pulumi.export("port", ruleset.rules.apply(lambda rules: ((rules or [])[0].port_ranges or [])[0].hi))
        pulumi.export("unset", ruleset.rules.apply(lambda rules: str((rules or [])[0].web_groups)))
        listed = aviatrix.DistributedFirewallingPolicyList(
            "list", policies=[{"name": "p", "action": "DENY", "protocol": "ANY", "src_smart_groups": ["s"], "dst_smart_groups": ["d"]}]
        )
        pulumi.export("listed", listed.policies.apply(lambda policies: {policy.uuid: policy.name for policy in policies}))

    sent = engine(program, outputs={"rules": {"rules": [RULE]}, "list": {"policies": [{**RULE, "name": "p", "uuid": "r-2"}]}})
    assert sent.stack_outputs == {"uuid": "r-1", "key": ["s"], "port": 443, "unset": "None", "listed": {"r-2": "p"}}


def test_an_attachment_points_uuid_can_be_attached_to(engine: Any) -> None:
    def program() -> None:
        group = aviatrix.DcfPolicyGroup("group", name="agents", attachment_points=[{"name": "agents-coding", "priority": 10}])
        aviatrix.DcfRuleset("rules", rules=[rule("s")], attach_to=group.attachment_points.apply(lambda points: (points or [])[0].uuid))

    points = [{"name": "agents-coding", "priority": 10, "uuid": "p-1", "targetUuid": ""}]
    assert engine(program, outputs={"group": {"attachmentPoints": points}}).inputs("rules")["attachTo"] == "p-1"


def group_and_rules() -> None:
    group = aviatrix.SmartGroup("agent", selector={"match_expressions": [{"type": "vm", "tags": {"Role": "agent"}}]})
    aviatrix.DcfRuleset("rules", rules=[rule(group.uuid)])
    aviatrix.DistributedFirewallingPolicyList(
        "list",
        policies=[{"name": "p", "action": "DENY", "protocol": "ANY", "src_smart_groups": [group.uuid], "dst_smart_groups": [ANYWHERE]}],
    )


def test_in_a_preview_a_new_groups_uuid_is_unknown_and_its_rule_depends_on_it(engine: Any) -> None:
    sent = engine(group_and_rules, dry_run=True)
    for name, key in (("rules", "rules"), ("list", "policies")):
        (sent_rule,) = sent.inputs(name)[key]
        assert sent_rule["srcSmartGroups"] == [UNKNOWN]
        assert sent_rule["dstSmartGroups"] == [ANYWHERE]
        urn = "urn:pulumi:s::p::aviatrix:index/smartGroup:SmartGroup::agent"
        assert list(sent.named(name).propertyDependencies[key].urns) == [urn]


def test_in_an_update_the_uuid_arrives(engine: Any) -> None:
    sent = engine(group_and_rules, outputs={"agent": {"uuid": "u-1"}})
    assert sent.inputs("rules")["rules"][0]["srcSmartGroups"] == ["u-1"]


PEM = "-----BEGIN PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: aviatrix.Provider("it", controller_ip="c", username="u", password=PEM), "password"),
        (lambda: aviatrix.Provider("it", aviatrix.ProviderArgs(controller_ip="c", username="u", password=PEM)), "password"),
        (lambda: aviatrix.RemoteSyslog("it", server="s", port=6514, private_key_file=PEM), "privateKeyFile"),
        (lambda: aviatrix.KubernetesCluster("it", cluster_id="c", kube_config=PEM), "kubeConfig"),
        (
            lambda: aviatrix.SpokeGateway(
                "it",
                account_name="a",
                cloud_type=1,
                gw_name="g",
                gw_size="t3.medium",
                subnet="10.0.0.0/24",
                vpc_id="v",
                vpc_reg="us-east-1",
                customer_managed_keys=PEM,
            ),
            "customerManagedKeys",
        ),
    ],
)
def test_keys_and_passwords_are_secret_in_inputs_and_outputs(engine: Any, make: Any, key: str) -> None:
    sent = engine(make)
    value = sent.inputs("it")[key]
    assert is_secret(value)
    assert value["value"] == PEM
    assert list(sent.named("it").additionalSecretOutputs) == [key]


def test_other_options_survive_secret_handling(engine: Any) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(protect=True, additional_secret_outputs=["server"])
        aviatrix.RemoteSyslog("it", opts, server="s", port=1, private_key_file=PEM)

    request = engine(program).named("it")
    assert request.protect
    assert set(request.additionalSecretOutputs) == {"server", "privateKeyFile"}


def test_provider_properties_that_are_not_strings_travel_as_json(engine: Any) -> None:
    def program() -> None:
        common: dict[str, Any] = {"controller_ip": "c", "username": "u", "password": "p"}
        aviatrix.Provider(
            "dict", **common, verify_ssl_certificate=True, skip_version_validation=False, ignore_tags={"key_prefixes": ["kube"]}
        )
        aviatrix.Provider("args", **common, ignore_tags=aviatrix.ProviderIgnoreTagsArgs(key_prefixes=["kube"]))
        aviatrix.Provider("unset", **common)

    sent = engine(program)
    assert sent.named("dict").type == "pulumi:providers:aviatrix"
    assert sent.inputs("dict")["verifySslCertificate"] == "true"
    assert sent.inputs("dict")["skipVersionValidation"] == "false"
    assert sent.inputs("dict")["ignoreTags"] == sent.inputs("args")["ignoreTags"] == '{"keyPrefixes": ["kube"]}'
    assert set(sent.inputs("unset")) == {"controllerIp", "username", "password"}


def test_an_explicit_provider_is_named_on_its_resources(engine: Any) -> None:
    def program() -> None:
        provider = aviatrix.Provider("ctl", controller_ip="c", username="u", password="p")
        aviatrix.ConfigFeature("dcf", pulumi.ResourceOptions(provider=provider), feature_name="microseg", is_enabled=True)

    assert engine(program).named("dcf").provider == "urn:pulumi:s::p::pulumi:providers:aviatrix::ctl::id-ctl"


def test_lookups_answer_plainly_and_as_outputs(engine: Any) -> None:
    profile = {"displayName": "t", "certificateValidation": "CERTIFICATE_VALIDATION_NONE", "verifySni": True, "uuid": "t-1", "id": "t-1"}
    answers = {"getDcfTlsProfile": profile, "getDcfAttachmentPoint": {"attachmentPointId": "p-1", "id": "p-1", "name": "P"}}

    async def program() -> None:
        pulumi.export("plain", aviatrix.get_dcf_tls_profile(display_name="t").uuid)
        pulumi.export("awaited", (await aviatrix.get_dcf_attachment_point(name="P")).attachment_point_id)
        pulumi.export("output", aviatrix.get_dcf_tls_profile_output(display_name=pulumi.Output.from_input("t")).verify_sni)

    sent = engine(program, outputs=answers)
    assert sent.stack_outputs == {"plain": "t-1", "awaited": "p-1", "output": True}
    calls = [(request.tok, convert_to_plain(request.args), request.packageRef) for request in sent.invokes]
    profile_call = ("aviatrix:index/getDcfTlsProfile:getDcfTlsProfile", {"displayName": "t"}, "ref-9.0.10")
    point_call = ("aviatrix:index/getDcfAttachmentPoint:getDcfAttachmentPoint", {"name": "P"}, "ref-9.0.10")
    assert calls == [profile_call, point_call, profile_call]


def test_a_lookup_waits_for_what_it_depends_on(engine: Any) -> None:
    def program() -> None:
        feature = aviatrix.ConfigFeature("dcf", feature_name="microseg", is_enabled=True)
        point = aviatrix.get_dcf_attachment_point_output(name="P", opts=pulumi.InvokeOutputOptions(depends_on=[feature]))
        aviatrix.DcfRuleset("rules", attach_to=point.attachment_point_id)

    preview = engine(program, dry_run=True)
    assert preview.invokes == []
    assert preview.inputs("rules")["attachTo"] == UNKNOWN
    update = engine(program, outputs={"getDcfAttachmentPoint": {"attachmentPointId": "p-1", "id": "p-1", "name": "P"}})
    assert update.inputs("rules")["attachTo"] == "p-1"
    assert [request.packageRef for request in update.invokes] == ["ref-9.0.10"]


class Ruleset(aviatrix.DcfRuleset):
    """A user's own subclass."""


def test_a_subclass_keeps_typed_outputs(engine: Any) -> None:
    def program() -> None:
        pulumi.export("uuid", Ruleset("rules", rules=[rule("s")]).rules.apply(lambda rules: (rules or [])[0].uuid))

    assert engine(program, outputs={"rules": {"rules": [RULE]}}).stack_outputs == {"uuid": "r-1"}


def misspelt() -> None:
    aviatrix.ConfigFeature("it", feature="microseg", is_enabled=True)  # type: ignore[call-overload]


def positional() -> None:
    aviatrix.ConfigFeature("it", None, "microseg", True)  # type: ignore[call-overload]


def not_options() -> None:
    aviatrix.ConfigFeature("it", {"protect": True}, feature_name="microseg", is_enabled=True)  # type: ignore[call-overload]


def both() -> None:
    args = aviatrix.ConfigFeatureArgs(feature_name="microseg", is_enabled=True)
    aviatrix.ConfigFeature("it", args, is_enabled=False)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("program", "error"),
    [
        (misspelt, "unexpected keyword argument 'feature'"),
        (positional, "takes its properties as keywords"),
        (not_options, "Expected resource options to be a ResourceOptions instance"),
        (both, "takes either one ConfigFeatureArgs or keywords"),
    ],
)
def test_a_wrong_call_is_refused_with_its_reason(engine: Any, program: Any, error: str) -> None:
    engine(program, error=error)
