"""The Controller refuses what the real one is known, or documented, to refuse; and nothing has changed then."""

from __future__ import annotations

from typing import Any

import pytest

ANYWHERE, INTERNET, ALL_WEB = (f"def000ad-0000-0000-0000-00000000000{digit}" for digit in (0, 1, 2))
BEFORE_UI = "defa11a1-3000-4001-0000-000000000000"


def rule(name: str = "r", **more: Any) -> dict[str, Any]:
    return {"name": name, "action": "DENY", "protocol": "TCP", "priority": 1, "src_ads": [ANYWHERE], "dst_ads": [INTERNET], **more}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "empty"),
        ({"cidr": "10.0.0.0/24", "type": "vm"}, "cannot be combined"),
        ({"fqdn": "a.example", "name": "x"}, "cannot be combined"),
        ({"site": "s", "region": "us-east-1"}, "cannot be combined"),
        ({"cidr": "10.0.0.0/40"}, "AVXERR-DFW-0004"),
        ({"tags.Role": "agent"}, "type is required"),
        ({"type": "pod"}, "none of"),
        ({"type": "vm", "colour": "red"}, "unknown field"),
        ({"type": "vm", "k8s_namespace": "x"}, "needs type k8s"),
        ({"type": "k8s", "k8s_pod": "p"}, "k8s_pod needs"),
        ({"snifilter": "a..b", "urlfilter": "a/b"}, "must be the only field"),
        ({"snifilter": "a b"}, "illegal character"),
        ({"snifilter": "a/b"}, "illegal character"),
        ({"snifilter": "**.example"}, "consecutive"),
        ({"urlfilter": "justahost"}, "host/path"),
        ({"cidr": 5}, "must be text"),
    ],
)
def test_a_selector_is_refused(controller: Any, fields: dict[str, Any], why: str) -> None:
    status, answer = controller.rest("POST", "app-domains", {"name": "bad", "selector": {"any": [{"all": fields}]}})
    assert status == 400
    assert why in answer["message"]
    assert "bad" not in {each["name"] for each in controller.inventory()["app_domains"].values()}


@pytest.mark.parametrize("name", ["*", "*.example.com", "app*.example.com", "patch*--.*.example.com", "a_b.example"])
def test_a_wildcard_is_legal_anywhere_in_a_name(controller: Any, name: str) -> None:
    group = controller.web_group(f"ok {name}", name)
    assert controller.rest("DELETE", f"app-domains/{group}")[0] == 200


def test_before_8_1_a_wildcard_only_leads(start: Any) -> None:
    old = start("--no-cloud", "--version", "8.0.40")
    for name, status in (("app*.example.com", 400), ("*.example.com", 200), ("example.com", 200)):
        selector = {"any": [{"all": {"snifilter": name}}]}
        assert old.rest("POST", "app-domains", {"name": name, "selector": selector})[0] == status


def test_kinds_do_not_mix_and_names_are_unique(controller: Any) -> None:
    mixed = {"any": [{"all": {"snifilter": "a.example"}}, {"all": {"urlfilter": "a.example/x"}}]}
    assert controller.rest("POST", "app-domains", {"name": "mixed", "selector": mixed})[0] == 400
    one, other = controller.smart_group("one"), controller.web_group("other", "a.example")
    selector = {"any": [{"all": {"cidr": "10.0.0.0/8"}}]}
    assert controller.rest("POST", "app-domains", {"name": "other", "selector": selector})[0] == 409
    assert controller.rest("PUT", f"app-domains/{one}", {"name": "other", "selector": selector})[0] == 409
    assert controller.rest("PUT", f"app-domains/{one}", {"name": "one", "selector": selector})[0] == 200
    for key in (one, other):
        assert controller.rest("DELETE", f"app-domains/{key}")[0] == 200


def test_a_group_in_use_stays(controller: Any) -> None:
    source, web = controller.smart_group("used"), controller.web_group("used-web", "a.example")
    put = controller.rest("PUT", "microseg/policy-list", {"policies": [rule(src_ads=[source], web_filters=[web])]})
    assert put[0] == 200
    for key in (source, web):
        status, answer = controller.rest("DELETE", f"app-domains/{key}")
        assert (status, "still used by policy list: r" in answer["message"]) == (409, True)
    controller.rest("DELETE", "microseg/policy-list")
    for key in (source, web):
        assert controller.rest("DELETE", f"app-domains/{key}")[0] == 200
        assert controller.rest("GET", f"app-domains/{key}") == (404, {"message": "App domain not found"})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"name": ""}, "no name"),
        ({"action": "ALLOW"}, "AVXERR-DFW-0004"),
        ({"protocol": "ANY"}, "AVXERR-DFW-0004"),
        ({"priority": -1}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"src_ads": []}, "[AVXERR-DFW-0003] rule r: src_ads not a list"),
        ({"dst_ads": None}, "dst_ads not a list"),
        ({"src_ads": ["00000000-0000-0000-0000-000000000000"]}, "does not exist"),
        ({"src_ads": [ALL_WEB]}, "is a WebGroup"),
        ({"web_filters": [ANYWHERE]}, "is a SmartGroup"),
        ({"port_ranges": [{"lo": 443, "hi": 80}]}, "0-65535"),
        ({"port_ranges": [{"lo": 70000}]}, "0-65535"),
        ({"port_ranges": [{"lo": port} for port in range(65)]}, "more than 64"),
        ({"protocol": "ICMP", "port_ranges": [{"lo": 1}]}, "ICMP"),
        ({"protocol": "ICMP", "web_filters": [ALL_WEB]}, "ICMP"),
        ({"enforcement": "MONITOR"}, "not known to this release"),
        ({"egress_path": "EGRESS_PATH_LOCAL"}, "not known to this release"),
        ({"tls_profile": "00000000-0000-0000-0000-000000000000"}, "no TLS profile"),
        ({"flow_app_requirement": "TLS"}, "AVXERR-DFW-0004"),
    ],
)
def test_a_rule_is_refused_and_the_list_is_unchanged(controller: Any, change: dict[str, Any], why: str) -> None:
    controller.rest("PUT", "microseg/policy-list", {"policies": [rule("standing")]})
    for method, path, more in (("PUT", "microseg/policy-list", {}), ("POST", "microseg/policy-list3", {"name": "bad"})):
        status, answer = controller.rest(method, path, {**more, "policies": [{**rule(), **change}]})
        assert status == 400
        assert why in answer["message"]
    left = controller.inventory()
    assert [each["name"] for each in left["policy_list"]] == ["standing"]
    assert left["rulesets"] == {}
    controller.rest("DELETE", "microseg/policy-list")


@pytest.mark.parametrize("change", [{"name": "first"}, {"priority": 1}])
def test_names_and_priorities_in_a_ruleset_are_distinct(controller: Any, change: dict[str, Any]) -> None:
    rules = [rule("first"), {**rule("second", priority=2), **change}]
    status, answer = controller.rest("POST", "microseg/policy-list3", {"name": "twice", "policies": rules})
    assert status == 400
    assert "the same" in answer["message"]


def test_a_release_with_the_defect_takes_equal_priorities(start: Any) -> None:
    old = start("--no-cloud", "--version", "9.0.0")
    old.action("enable_controller_feature", feature="microseg")
    assert old.rest("POST", "microseg/policy-list3", {"name": "twice", "policies": [rule("a"), rule("b")]})[0] == 200


def test_a_point_takes_one_object_and_is_held_by_it(controller: Any) -> None:
    points = [{"name": "", "attachment_point": {"name": "child"}, "priority": 1}]
    group = controller.rest("POST", "microseg/policy-list3", {"name": "g", "attach_to": BEFORE_UI, "sub_policies": points})[1]["uuid"]
    status, answer = controller.rest("POST", "microseg/policy-list3", {"name": "h", "attach_to": BEFORE_UI, "policies": []})
    assert (status, "AVXERR-DFW-0043" in answer["message"]) == (409, True)
    child = controller.rest("GET", "microseg/attachment-points?name=child")[1][0]["attachment_point_id"]
    ruleset = controller.rest("POST", "microseg/policy-list3", {"name": "r", "attach_to": child, "policies": [rule()]})[1]["uuid"]
    assert controller.rest("DELETE", f"microseg/policy-list3/{group}")[0] == 409
    dropped = {"name": "g", "attach_to": BEFORE_UI, "sub_policies": [{"name": "", "attachment_point": {"name": "other"}, "priority": 1}]}
    assert controller.rest("PUT", f"microseg/policy-list3/{group}", dropped)[0] == 409
    other = controller.rest("POST", "microseg/policy-list3", {"name": "g2", "sub_policies": points})
    assert other[0] == 409
    for key in (ruleset, group):
        assert controller.rest("DELETE", f"microseg/policy-list3/{key}")[0] == 200
    status, answer = controller.rest("GET", f"microseg/policy-list3/{ruleset}")
    assert (status, "AVXERR-DFW-0025" in answer["message"]) == (404, True)
    assert controller.inventory()["attachment_points"] == {}


def test_what_is_attached_nowhere_known_is_refused(controller: Any) -> None:
    body = {"name": "lost", "attach_to": "00000000-0000-0000-0000-000000000000", "policies": [rule()]}
    assert controller.rest("POST", "microseg/policy-list3", body)[0] == 400


def test_dcf_stays_on_while_policies_exist_and_points_need_it(start: Any) -> None:
    fresh = start("--no-cloud")
    assert fresh.rest("GET", "microseg/attachment-points?name=TERRAFORM_BEFORE_UI_MANAGED")[0] == 400
    assert fresh.rest("PUT", "microseg/policy-list", {"policies": [rule()]})[0] == 400
    fresh.action("enable_controller_feature", feature="microseg")
    found = fresh.rest("GET", "microseg/attachment-points?name=TERRAFORM_BEFORE_UI_MANAGED")[1]
    assert found == [{"attachment_point_id": BEFORE_UI, "name": "TERRAFORM_BEFORE_UI_MANAGED"}]
    fresh.rest("PUT", "microseg/policy-list", {"policies": [rule()]})
    answer = fresh.action("disable_controller_feature", feature="microseg")
    assert "AVXERR-DFW-0008" in answer["reason"]
    fresh.rest("DELETE", "microseg/policy-list")
    assert fresh.action("disable_controller_feature", feature="microseg")["return"]


def test_snat_and_the_private_default_route_exclude_each_other(controller: Any) -> None:
    fields = {"cloud_type": 1, "account_name": "lab", "vpc_id": "vpc-1", "vpc_region": "us-east-1", "gw_subnet": "10.0.0.0/24"}
    made = controller.action("create_multicloud_primary_gateway", gw_name="snat", enable_nat="yes", **fields)
    assert controller.done(made)["return"]
    answer = controller.action("enable_private_vpc_default_route", gateway_name="snat")
    assert "AVXERR-TRANSIT-EDIT-0056" in answer["reason"]
    again = controller.action("create_multicloud_primary_gateway", gw_name="snat", **fields)
    assert "already exists" in again["reason"]
    assert controller.done(controller.action("delete_container", gw_name="snat", cloud_type=1))["return"]


@pytest.mark.parametrize(("action", "fields"), [("get_private_mode_info", {}), ("", {}), ("no_such_thing", {"x": "y"})])
def test_an_unknown_action_is_answered(controller: Any, action: str, fields: dict[str, str]) -> None:
    assert controller.action(action, **fields) == {"return": False, "reason": f"unknown action {action}"}


def test_nothing_is_answered_without_a_session(controller: Any) -> None:
    assert "CID is invalid" in controller.action("list_accounts", CID="stolen")["reason"]
    assert controller.request("GET", "/v2.5/api/app-domains") == (403, {"message": "Invalid CID, please login again"})
    body = b'{"CID": "stolen", "action": "get_all_controller_features"}'
    answer = controller.request("POST", "/v2/api", body, **{"content-type": "application/json"})[1]
    assert answer["reason"] == "Session stolen expired"
    assert not controller.action("login", username="admin", password="")["return"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "no/such/thing", None, 404),
        ("DELETE", "app-domains", None, 405),
        ("POST", "app-domains", [1], 400),
        ("PUT", "microseg/policy-list", {"policies": "all"}, 400),
        ("PUT", "microseg/policy-list", {}, 400),
        ("POST", "app-domains", {}, 400),
        ("PUT", "dcf/tls-profile/none", {}, 404),
    ],
)
def test_nonsense_is_answered_with_a_status_and_a_message(controller: Any, method: str, path: str, body: Any, status: int) -> None:
    answer = controller.rest(method, path, body)
    assert answer[0] == status
    assert answer[1]["message"]


DECRYPTS = {"decrypt_policy": "DECRYPT_ALLOWED", "action": "INTRUSION_DETECTION_PERMIT"}
SPOKE = {
    "cloud_type": "1",
    "account_name": "lab",
    "gw_name": "spoke",
    "vpc_id": "vpc-1",
    "vpc_region": "us-east-1",
    "gw_subnet": "10.42.0.0/24",
    "gw_size": "t3.medium",
}


@pytest.mark.parametrize(("version", "together"), [("9.0.9", False), ("9.0.10", True)])
def test_decryption_goes_with_snat_from_9_0_10(start: Any, version: str, together: bool) -> None:
    simulator = start("--no-cloud", "--version", version, gateway_seconds=0.0)
    assert simulator.action("enable_controller_feature", feature="microseg")["return"]
    made = simulator.action("create_multicloud_primary_gateway", **SPOKE, enable_nat="yes")
    assert simulator.done(made)["return"]
    for path in ("microseg/policy-list", "microseg/policy-list3"):
        verb, name = ("PUT", {}) if path.endswith("list") else ("POST", {"name": "rules"})
        status, answer = simulator.rest(verb, path, {**name, "policies": [rule(**DECRYPTS)]})
        assert (status == 200) is together, answer
        assert together or "do not support both" in answer["message"]
    if not together:
        assert simulator.action("disable_snat", gateway_name="spoke")["return"]
        assert simulator.rest("PUT", "microseg/policy-list", {"policies": [rule(**DECRYPTS)]})[0] == 200
        for answer in (
            simulator.action("enable_snat", gateway_name="spoke"),
            simulator.action("create_multicloud_primary_gateway", **{**SPOKE, "gw_name": "other"}, enable_nat="yes"),
        ):
            assert (answer["return"], "do not support both" in answer["reason"]) == (False, True)
        assert set(simulator.inventory()["gateways"]) == {"spoke"}
