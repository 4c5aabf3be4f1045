"""The Controller reader sees what the simulator holds; each refusal leaves its own fact unread; nothing is changed by looking."""

from __future__ import annotations

import json
import ssl
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from containment.lab import simulators
from containment.lab.home import LabHome
from containment.model.spec import ContainmentSpec
from containment.verify.controller import Address, ControllerReader, ControllerUnreadableError
from containment.verify.preflight.controller import certificate_of, read_controller
from containment.verify.preflight.facts import AccessAccount, Certificate, ControllerFacts, Unread

from .conftest import SpecOf

pytestmark = pytest.mark.slow


@pytest.fixture
def spec(spec_of: SpecOf) -> ContainmentSpec:
    return spec_of()


@pytest.fixture
def address(home: LabHome) -> Address:
    given = simulators.overlay(home, frozenset(), "x")
    host, user, secret = (given[f"aviatrix:{key}"] for key in ("controllerIp", "username", "password"))
    return Address(host, user, secret, True, str(home.controller_ca))


def call(reader: ControllerReader, method: str, path: str, **arguments: Any) -> dict[str, Any]:
    return reader._ask(method, path, headers=reader._session, **arguments)


def inventory(address: Address) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=address.authority)
    with urllib.request.urlopen(f"https://{address.host}/lab/inventory", context=context, timeout=10) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def read(address: Address, spec: ContainmentSpec) -> ControllerFacts:
    found = read_controller(address, spec)
    assert isinstance(found, ControllerFacts), found
    return found


def test_a_controller_nobody_has_used_is_read_and_left_as_it_was(address: Address, spec: ContainmentSpec) -> None:
    before = inventory(address)
    facts = read(address, spec)
    assert inventory(address) == before
    assert facts.version == "9.0.10"
    assert facts.accounts == (AccessAccount("lab", 1, "123456789012"),)
    assert not isinstance(facts.features, Unread)
    assert facts.features["microseg"] is False
    assert (facts.points, facts.attached, facts.default_action, facts.copilot) == ({}, {}, ("PERMIT", False), (False, ""))
    assert isinstance(facts.certificate, Certificate)
    assert facts.certificate.not_after > datetime.now(UTC)


def test_what_stands_on_a_controller_is_seen(address: Address, spec: ContainmentSpec) -> None:
    reader = ControllerReader(address)
    on = {"CID": reader._cid, "action": "enable_controller_feature", "feature": "microseg"}
    reader._ask("POST", "/v2/api", json_body=on)
    before_ui = "defa11a1-3000-4001-0000-000000000000"
    group = {
        "name": "agents",
        "attach_to": before_ui,
        "sub_policies": [{"priority": 10, "name": "agents-made-up", "attachment_point": {"name": "agents-made-up"}}],
    }
    call(reader, "POST", "/v2.5/api/microseg/policy-list3", json_body=group)
    point = dict(read(address, spec).points)["agents-made-up"]  # type: ignore[arg-type]
    call(reader, "POST", "/v2.5/api/microseg/policy-list3", json_body={"name": "theirs", "attach_to": point, "policies": []})
    call(reader, "PUT", "/v2.5/api/microseg/default-action-policy", json_body={"action": "DENY", "logging": True, "log_profile": ""})
    reader._ask("POST", "/v2/api", fields={"CID": reader._cid, "action": "enable_copilot_association", "copilot_ip": "10.0.0.9"})
    facts = read(address, spec)
    assert not isinstance(facts.features, Unread)
    assert facts.features["microseg"] is True
    assert facts.points == {"agents-made-up": point}
    assert facts.attached == {before_ui: "agents", point: "theirs"}
    assert (facts.default_action, facts.copilot) == (("DENY", True), (True, "10.0.0.9"))
    assert facts.foreign_rules == ()


def test_a_wrong_login_and_an_unknown_authority_are_no_answers(address: Address, spec: ContainmentSpec) -> None:
    for wrong in (replace(address, password="wrong"), replace(address, authority=None), replace(address, host="127.0.0.1:1")):
        found = read_controller(wrong, spec)
        assert isinstance(found, Unread)
        assert address.password not in found.why
    assert "certificate" in str(read_controller(replace(address, authority=None), spec)).lower()


@pytest.mark.filterwarnings("ignore:Unverified HTTPS")
def test_without_verification_it_is_read_and_remembered(address: Address, spec: ContainmentSpec) -> None:
    facts = read(replace(address, verify=False, authority=None), spec)
    assert facts.verified is False
    assert isinstance(facts.certificate, Certificate)


def test_a_controller_that_shows_no_certificate_is_an_error_with_words() -> None:
    with pytest.raises(ControllerUnreadableError, match="cannot be read"):
        certificate_of(Address("127.0.0.1:1", "a", "b"), timeout=1)


@pytest.mark.parametrize(
    ("refused", "unread"),
    [
        ("version", {"version"}),
        ("accounts", {"accounts"}),
        ("features", {"features"}),
        ("rulesets", {"points", "attached"}),
        ("policy_list", {"foreign_rules"}),
        ("group_names", {"foreign_rules"}),
        ("default_action", {"default_action"}),
        ("copilot", {"copilot"}),
    ],
)
@pytest.mark.parametrize(
    "how", [ControllerUnreadableError("refused"), KeyError("action"), TypeError("None")], ids=["refused", "key", "shape"]
)
def test_each_refusal_leaves_only_its_own_fact_unread(
    address: Address, spec: ContainmentSpec, monkeypatch: pytest.MonkeyPatch, refused: str, unread: set[str], how: Exception
) -> None:
    def raising(_: ControllerReader) -> Any:
        raise how

    monkeypatch.setattr(ControllerReader, refused, raising)
    facts = read(address, spec)
    assert {name for name, value in vars(facts).items() if isinstance(value, Unread)} == unread


def test_a_controller_before_8_2_is_not_asked_for_rulesets(address: Address, spec_of: SpecOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ControllerReader, "rulesets", lambda _: pytest.fail("it has no such path"))
    facts = read(address, spec_of(controllerVersion="8.1", manageControllerPolicy=True, verifySni=False))
    assert isinstance(facts.points, Unread)


def test_a_refused_action_says_why_and_never_shows_the_session(address: Address) -> None:
    reader = ControllerReader(address)
    reader._cid = "0123456789abcdef"
    for ask in (reader.version, reader.features):
        with pytest.raises(ControllerUnreadableError, match="was refused") as raised:
            ask()
        assert reader._cid not in str(raised.value) or "Session" in str(raised.value)
