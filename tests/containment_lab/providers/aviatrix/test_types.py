"""Each type behaves as the bridged provider's: preview, create, no change, refresh, update, replace, delete."""

from __future__ import annotations

from typing import Any

import pytest

from containment_lab.wire import UNKNOWN

INTERNET = "def000ad-0000-0000-0000-000000000001"
ANYWHERE = "def000ad-0000-0000-0000-000000000000"
BEFORE_UI = "defa11a1-3000-4001-0000-000000000000"


def cidr_group(cidr: str) -> dict[str, Any]:
    return {"matchExpressions": [{"cidr": cidr}]}


def domains(*names: str) -> dict[str, Any]:
    return {"matchExpressions": [{"snifilter": name} for name in names]}


def rule(name: str, source: str, priority: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "action": "DENY",
        "priority": priority,
        "protocol": "TCP",
        "logging": True,
        "srcSmartGroups": [source],
        "dstSmartGroups": [INTERNET],
        "portRanges": [{"lo": 443, "hi": 443}],
        **more,
    }


@pytest.fixture(scope="module")
def source(engine: Any) -> str:
    return str(engine.of("smartGroup", "source").create(name="source", selector=cidr_group("10.9.0.0/24"))["uuid"])


def test_a_smart_group_lives_through_everything(engine: Any, controller: Any) -> None:
    thing = engine.of("smartGroup", "sg")
    selector = {"matchExpressions": [{"type": "vm", "tags": {"Role": "agent", "AgentStack": "x"}}, {"cidr": "10.1.0.0/24"}]}
    assert thing.preview(name="sg", selector=selector)["uuid"] == UNKNOWN
    thing.goes_round({"selector": cidr_group("10.2.0.0/24"), "name": "sg-renamed"}, name="sg", selector=selector)
    assert thing.outputs["uuid"] == thing.id == thing.outputs["smartGroupId"]
    assert controller.inventory()["app_domains"][thing.id]["name"] == "sg-renamed"
    thing.delete()
    assert thing.id not in controller.inventory()["app_domains"]
    thing.delete()  # what is gone is gone


def test_a_name_is_made_up_when_left_out(engine: Any) -> None:
    thing = engine.of("smartGroup", "auto")
    made = thing.create(selector=cidr_group("10.3.0.0/24"))["name"]
    assert made.startswith("auto-")
    assert len(made) == len("auto-") + 7
    assert thing.diff(selector=cidr_group("10.3.0.0/24")) == (set(), set())
    thing.delete()


def test_a_smart_group_deleted_behind_our_back_makes_reads_fail_and_a_web_group_is_gone(engine: Any, controller: Any) -> None:
    smart, web = engine.of("smartGroup", "lost"), engine.of("webGroup", "lost")
    smart.create(name="lost-sg", selector=cidr_group("10.4.0.0/24"))
    web.create(name="lost-wg", selector=domains("a.example"))
    for thing in (smart, web):
        assert controller.rest("DELETE", f"app-domains/{thing.id}")[0] == 200
    with pytest.raises(Exception, match="App domain not found"):
        smart.refresh()
    assert not web.refresh()


def test_drift_in_a_web_group_is_seen_and_put_right(engine: Any, controller: Any) -> None:
    thing = engine.of("webGroup", "drift")
    inputs = {"name": "drift", "selector": domains("a.example", "b.example")}
    thing.goes_round({"selector": domains("a.example")}, **inputs)
    more = {"any": [{"all": {"snifilter": name}} for name in ("a.example", "evil.example")]}
    controller.rest("PUT", f"app-domains/{thing.id}", {"name": "drift", "selector": more})
    assert thing.refresh()
    assert thing.diff(name="drift", selector=domains("a.example")) == ({"selector"}, set())
    thing.update(name="drift", selector=domains("a.example"))
    assert controller.inventory()["app_domains"][thing.id]["selector"] == {"any": [{"all": {"snifilter": "a.example"}}]}
    thing.delete()


def test_both_filters_at_once_are_refused_at_apply_only(engine: Any) -> None:
    thing = engine.of("webGroup", "both")
    selector = {"matchExpressions": [{"snifilter": "a.example", "urlfilter": "a.example/x"}]}
    assert thing.preview(name="both", selector=selector)["selector"] == selector
    with pytest.raises(Exception, match="exactly one"):
        thing.create(name="both", selector=selector)


def test_the_policy_list_is_written_whole_and_rules_keep_their_uuids(engine: Any, controller: Any, source: str) -> None:
    thing = engine.of("distributedFirewallingPolicyList", "list")
    first, second = rule("first", source, 10, watch=True), rule("second", source, 200, protocol="ANY", portRanges=[])
    shown = thing.preview(policies=[first, {**second, "srcSmartGroups": [UNKNOWN]}])
    assert [each["uuid"] for each in shown["policies"]] == [UNKNOWN, UNKNOWN]
    thing.goes_round({"policies": [{**first, "watch": False}, second]}, policies=[first, second])
    kept = {each["name"]: each["uuid"] for each in thing.outputs["policies"]}
    assert kept == {each["name"]: each["uuid"] for each in controller.inventory()["policy_list"]}
    assert all(kept.values())
    thing.update(policies=[rule("third", source, 5), {**first, "watch": False}, {**second, "protocol": "any"}])
    assert {each["name"]: each["uuid"] for each in thing.outputs["policies"]}.items() >= kept.items()
    assert thing.diff(policies=[{**first, "watch": False}, rule("third", source, 5), second])[0] == {"policies"}  # order counts
    controller.rest("DELETE", "microseg/policy-list")
    assert not thing.refresh()  # an empty list reads as gone
    thing.delete()


def test_another_writer_of_the_list_is_seen(engine: Any, controller: Any, source: str) -> None:
    thing = engine.of("distributedFirewallingPolicyList", "contested")
    thing.create(policies=[rule("mine", source, 10)])
    theirs = {"name": "theirs", "action": "PERMIT", "src_ads": [source], "dst_ads": [ANYWHERE], "priority": 1, "protocol": "TCP"}
    controller.rest("PUT", "microseg/policy-list", {"policies": [theirs]})
    assert thing.refresh()
    assert thing.diff(policies=[rule("mine", source, 10)])[0] == {"policies"}
    thing.delete()


def test_a_field_the_program_leaves_out_may_not_stray(engine: Any, controller: Any, source: str) -> None:
    thing = engine.of("distributedFirewallingPolicyList", "stray")
    thing.create(policies=[rule("mine", source, 10)])
    live = controller.rest("GET", "microseg/policy-list")[1]["policies"]
    controller.rest("PUT", "microseg/policy-list", {"policies": [{**live[0], "watch": True}]})
    assert thing.refresh()
    assert thing.diff(policies=[rule("mine", source, 10)])[0] == {"policies"}
    thing.delete()


def test_a_ruleset_is_a_set_by_priority_at_its_point(engine: Any, controller: Any, source: str) -> None:
    group, thing = engine.of("dcfPolicyGroup", "group"), engine.of("dcfRuleset", "rules")
    points = [{"name": "agents-a", "priority": 20}, {"name": "agents-b", "priority": 10}]
    assert {each["uuid"] for each in group.preview(name="g", attachTo=BEFORE_UI, attachmentPoints=points)["attachmentPoints"]} == {UNKNOWN}
    place = engine.invoke("getDcfAttachmentPoint", name="agents-a")["attachmentPointId"]
    group.goes_round({"attachmentPoints": points}, name="g", attachTo=BEFORE_UI, attachmentPoints=points[:1])
    assert engine.invoke("getDcfAttachmentPoint", name="agents-a")["attachmentPointId"] == place
    rules = [rule("late", source, 200), rule("early", source, 10)]
    thing.goes_round({"rules": [rule("early", source, 10, watch=True), rules[0]]}, name="r", attachTo=place, rules=rules)
    assert [each["name"] for each in thing.outputs["rules"]] == ["early", "late"]
    assert {each["logProfile"] for each in thing.outputs["rules"]} == {"def000ad-7000-0000-0000-000000000001"}
    assert controller.inventory()["rulesets"][thing.id]["attach_to"] == place
    second = engine.of("dcfRuleset", "second")
    with pytest.raises(Exception, match="AVXERR-DFW-0043"):
        second.create(name="other", attachTo=place, rules=rules)
    thing.delete()
    with pytest.raises(Exception, match="AVXERR-DFW-0025"):
        thing.refresh()
    group.delete()


def test_an_empty_policy_group_is_refused(engine: Any) -> None:
    with pytest.raises(Exception, match="must contain"):
        engine.of("dcfPolicyGroup", "empty").create(name="empty", attachTo=BEFORE_UI)


def test_destroying_the_default_action_permits_everything(engine: Any, controller: Any) -> None:
    thing = engine.of("distributedFirewallingDefaultActionRule", "last")
    thing.goes_round({"logging": False}, action="DENY", logging=True)
    assert controller.inventory()["default_action"] == {"action": "DENY", "logging": False, "log_profile": ""}
    thing.delete()
    assert controller.inventory()["default_action"]["action"] == "PERMIT"


def test_a_feature_is_replaced_never_changed_and_switched_off_when_destroyed(engine: Any, controller: Any) -> None:
    thing = engine.of("configFeature", "k8s")
    thing.create(featureName="k8s", isEnabled=True)
    assert thing.diff(featureName="k8s", isEnabled=True) == (set(), set())
    assert thing.diff(featureName="k8s", isEnabled=False) == ({"isEnabled"}, {"isEnabled"})
    controller.action("disable_controller_feature", feature="k8s")
    assert thing.refresh()
    assert thing.diff(featureName="k8s", isEnabled=True)[0] == {"isEnabled"}
    thing.delete()
    assert not controller.inventory()["features"]["k8s"]
    with pytest.raises(Exception, match="Valid feature names"):
        engine.of("configFeature", "bad").create(featureName="nonsense", isEnabled=True)


def test_dcf_is_not_switched_off_while_policies_exist(engine: Any, source: str) -> None:
    switch, policies = engine.of("distributedFirewallingConfig", "dcf"), engine.of("distributedFirewallingPolicyList", "there")
    switch.create(enableDistributedFirewalling=True)
    policies.create(policies=[rule("mine", source, 10)])
    with pytest.raises(Exception, match="AVXERR-DFW-0008"):
        switch.update(enableDistributedFirewalling=False)
    policies.delete()
    assert switch.diff(enableDistributedFirewalling=True) == (set(), set())


def test_a_tls_profile_lives_and_is_found_by_name(engine: Any) -> None:
    thing = engine.of("dcfTlsProfile", "tls")
    inputs = {"displayName": "sni", "certificateValidation": "CERTIFICATE_VALIDATION_NONE", "verifySni": True}
    assert thing.preview(**inputs)["uuid"] == UNKNOWN
    thing.goes_round({"certificateValidation": "CERTIFICATE_VALIDATION_LOG_ONLY"}, **inputs)
    assert engine.invoke("getDcfTlsProfile", displayName="sni")["uuid"] == thing.id
    thing.delete()
    with pytest.raises(Exception, match="not found"):
        engine.invoke("getDcfTlsProfile", displayName="sni")


def test_a_syslog_index_is_taken_once_and_replaced_on_any_change(engine: Any, controller: Any) -> None:
    thing = engine.of("remoteSyslog", "siem")
    inputs = {"index": 4, "name": "siem", "server": "10.0.0.5", "port": 6514, "protocol": "TCP", "caCertificateFile": "-----BEGIN"}
    thing.create(**inputs)
    assert thing.outputs["notls"] is False
    assert thing.id == "remote_syslog_4"
    assert thing.diff(**inputs) == (set(), set())
    assert thing.diff(**{**inputs, "port": 514}) == ({"port"}, {"port"})
    with pytest.raises(Exception, match="already enabled"):
        engine.of("remoteSyslog", "other").create(index=4, name="other", server="10.0.0.6", port=514)
    assert thing.refresh()
    thing.delete()
    assert not thing.refresh()
    assert controller.inventory()["syslog"] == {}


def test_copilot_is_associated(engine: Any, controller: Any) -> None:
    thing = engine.of("copilotAssociation", "copilot")
    thing.create(copilotAddress="10.0.0.7")
    assert thing.diff(copilotAddress="10.0.0.7") == (set(), set())
    assert thing.diff(copilotAddress="10.0.0.8") == ({"copilotAddress"}, {"copilotAddress"})
    thing.delete()
    assert not thing.refresh()
    assert controller.inventory()["copilot"] is None


def test_the_access_account_is_found(engine: Any) -> None:
    assert engine.invoke("getAccount", accountName="lab")["awsAccountNumber"] == "123456789012"


def test_other_types_are_previewed_and_refused_by_name_on_create(engine: Any) -> None:
    other = engine.of("transitGateway", "hub")
    assert other.preview(gwName="hub")["gwName"] == "hub"
    with pytest.raises(Exception, match="the lab cannot create aviatrix:index"):
        other.create(gwName="hub")
