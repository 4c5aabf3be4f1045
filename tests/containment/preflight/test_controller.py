"""The Controller reader sees what the simulator holds; each refusal leaves its own fact unread; nothing is changed by looking."""

from __future__ import annotations

import json
import ssl
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from containment.config.spec import ContainmentSpec
from containment.controller_api.client import ControllerAddress
from containment.controller_api.errors import ControllerError
from containment.controller_api.reader import ControllerReader
from containment.preflight.controller import read_certificate, read_controller
from containment.preflight.facts import AccessAccount, Certificate, ControllerFacts, UnreadFact
from containment_lab import simulators
from containment_lab.home import LabHome
from tests.containment.preflight.conftest import SpecOf

pytestmark = pytest.mark.slow


@pytest.fixture
def spec(spec_of: SpecOf) -> ContainmentSpec:
    return spec_of()


@pytest.fixture
def address(home: LabHome) -> ControllerAddress:
    given = simulators.build_overlay(home, frozenset(), "x")
    host, user, secret = (given[f"aviatrix:{key}"] for key in ("controllerIp", "username", "password"))
    return ControllerAddress(host, user, secret, True, str(home.controller_ca))


def inventory(address: ControllerAddress) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=address.authority)
    with urllib.request.urlopen(f"https://{address.host}/lab/inventory", context=context, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def read(address: ControllerAddress, spec: ContainmentSpec) -> ControllerFacts:
    found = read_controller(address, spec)
    assert isinstance(found, ControllerFacts), found
    return found


def test_a_controller_nobody_has_used_is_read_and_left_as_it_was(address: ControllerAddress, spec: ContainmentSpec) -> None:
    before = inventory(address)
    facts = read(address, spec)
    assert inventory(address) == before
    assert facts.version == "9.0.10"
    assert facts.accounts == (AccessAccount("lab", 1, "123456789012"),)
    assert not isinstance(facts.features, UnreadFact)
    assert facts.features["microseg"] is False
    assert (facts.points, facts.attached, facts.default_action, facts.copilot) == ({}, {}, ("PERMIT", False), (False, ""))
    assert isinstance(facts.certificate, Certificate)
    assert facts.certificate.not_after > datetime.now(UTC)


def test_what_is_on_a_controller_is_seen(address: ControllerAddress, spec: ContainmentSpec) -> None:
    client = ControllerReader(address).client
    client.call_json("enable_controller_feature", feature="microseg")
    before_ui = "defa11a1-3000-4001-0000-000000000000"
    group = {
        "name": "agents",
        "attach_to": before_ui,
        "sub_policies": [{"priority": 10, "name": "agents-made-up", "attachment_point": {"name": "agents-made-up"}}],
    }
    client.call_rest("POST", "microseg/policy-list3", group)
    point = dict(read(address, spec).points)["agents-made-up"]  # type: ignore[arg-type]
    client.call_rest("POST", "microseg/policy-list3", {"name": "theirs", "attach_to": point, "policies": []})
    client.call_rest("PUT", "microseg/default-action-policy", {"action": "DENY", "logging": True, "log_profile": ""})
    client.call_post("enable_copilot_association", copilot_ip="10.0.0.9")
    facts = read(address, spec)
    assert not isinstance(facts.features, UnreadFact)
    assert facts.features["microseg"] is True
    assert facts.points == {"agents-made-up": point}
    assert facts.attached == {before_ui: "agents", point: "theirs"}
    assert (facts.default_action, facts.copilot) == (("DENY", True), (True, "10.0.0.9"))
    assert facts.foreign_rules == ()


def test_a_wrong_login_and_an_unknown_authority_are_no_answers(address: ControllerAddress, spec: ContainmentSpec) -> None:
    for wrong in (replace(address, password="wrong"), replace(address, authority=None), replace(address, host="127.0.0.1:1")):
        found = read_controller(wrong, spec)
        assert isinstance(found, UnreadFact)
        assert address.password not in found.why
    assert "certificate" in str(read_controller(replace(address, authority=None), spec)).lower()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_without_verification_it_is_read_and_remembered(address: ControllerAddress, spec: ContainmentSpec) -> None:
    facts = read(replace(address, verify=False, authority=None), spec)
    assert facts.verified is False
    assert isinstance(facts.certificate, Certificate)


def test_a_controller_that_shows_no_certificate_is_an_error_with_words() -> None:
    with pytest.raises(ControllerError, match="cannot be read"):
        read_certificate(ControllerAddress("127.0.0.1:1", "a", "b"), timeout=1)


@pytest.mark.parametrize(
    ("refused", "unread"),
    [
        ("get_version", {"version"}),
        ("get_accounts", {"accounts"}),
        ("get_features", {"features"}),
        ("get_rulesets", {"points", "attached"}),
        ("get_policy_list", {"foreign_rules"}),
        ("get_group_names", {"foreign_rules"}),
        ("get_default_action", {"default_action"}),
        ("get_copilot", {"copilot"}),
    ],
)
@pytest.mark.parametrize("how", [ControllerError("refused"), KeyError("action"), TypeError("None")], ids=["refused", "key", "shape"])
def test_each_refusal_leaves_only_its_own_fact_unread(
    address: ControllerAddress, spec: ContainmentSpec, monkeypatch: pytest.MonkeyPatch, refused: str, unread: set[str], how: Exception
) -> None:
    def raising(_: ControllerReader) -> Any:
        raise how

    monkeypatch.setattr(ControllerReader, refused, raising)
    facts = read(address, spec)
    assert {name for name, value in vars(facts).items() if isinstance(value, UnreadFact)} == unread


def test_no_ruleset_is_read_from_a_controller_before_8_2(
    address: ControllerAddress, spec_of: SpecOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ControllerReader, "get_rulesets", lambda _: pytest.fail("it has no such path"))
    facts = read(address, spec_of(controllerVersion="8.1", manageControllerPolicy=True, verifySni=False))
    assert isinstance(facts.points, UnreadFact)


def test_a_refused_action_has_its_reason_and_never_the_session(address: ControllerAddress) -> None:
    client = ControllerReader(address).client
    with pytest.raises(ControllerError, match="unknown action no_such_action"):
        client.call_get("no_such_action")
    client._cid = "0123456789abcdef"
    client._authenticate = lambda over: None  # type: ignore[method-assign]  # as a Controller that ends every session at once
    for ask in (lambda: client.call_get("list_version_info"), lambda: client.call_json("get_all_controller_features")):
        with pytest.raises(ControllerError, match="failed") as raised:
            ask()
        assert client._cid not in str(raised.value)
