"""A promotion is compared in the whole chain of the Controller, or says that it was not: another owner's rule can undo or outdo it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from containment.controller_api.errors import ControllerError
from containment.loaders.stack_file import read_stack
from containment.names import Action
from containment.queries.subject.controller_chain import place_subject, read_live_chain
from containment.queries.subject.subjects import build_subject
from tests.containment.promotion.conftest import OPTIONS, Run
from tests.containment.promotion.test_promote import STACK, document

NAME = "crm.acme.example"
OWN, ANY, OTHER = (f"00000000-0000-0000-0000-0000000000{end}" for end in ("a1", "d4", "b2"))
WEB = "00000000-0000-0000-0000-0000000000c3"
SPEC = read_stack(STACK)
DOMAINS = [
    {
        "uuid": OWN,
        "name": f"{SPEC.object_prefix}-sg-agent-workload",
        "selector": {"any": [{"all": {"type": "subnet", "res_id": "subnet-1"}}]},
    },
    {"uuid": ANY, "name": "everybody", "selector": {"any": [{"all": {"cidr": "0.0.0.0/0"}}, {"all": {"cidr": "::/0"}}]}},
    {"uuid": OTHER, "name": "another", "selector": {"any": [{"all": {"cidr": "10.250.0.0/16"}}]}},
    {"uuid": WEB, "name": "acme", "selector": {"any": [{"all": {"snifilter": "*.acme.example"}}]}},
]


def make_rule(
    name: str, action: str = "DENY", *, source: str = ANY, priority: int = 1, web: str | None = None, **more: Any
) -> dict[str, Any]:
    narrowed = (
        {"web_filters": [web], "port_ranges": [{"lo": 443, "hi": 443}], "protocol": "TCP"} if web else {"protocol": "PROTOCOL_UNSPECIFIED"}
    )
    return {
        "name": name,
        "action": action,
        "src_ads": [source],
        "dst_ads": [ANY],
        "priority": priority,
        "logging": True,
        **narrowed,
        **more,
    }


MINE = [
    make_rule("vca-openclaw-allow-x", "PERMIT", source=OWN, priority=10, web=WEB),
    make_rule("vca-openclaw-default-deny", source=OWN, priority=20),
]
DENIED_BEFORE = make_rule("security-deny-acme", web=WEB)
PERMITTED_BEFORE = make_rule("network-permit-acme", "PERMIT", web=WEB)
ELSEWHERE = make_rule("their-deny", source=OTHER, web=WEB)
BEHIND = make_rule("late-deny-acme", priority=30, web=WEB)


def write_chain(folder: Path, *rules: dict[str, Any]) -> Path:
    path = folder / "chain.json"
    path.write_text(json.dumps({"policies": [*rules], "app_domains": DOMAINS}))
    return path


def promote(run: Run, *more: Any) -> dict[str, Any]:
    return document(run("promote", NAME, "-s", STACK, *OPTIONS, "--dry-run", "--json", *more))


@pytest.mark.parametrize(
    ("others", "before", "after", "opens", "adds"),
    [
        ([], 0, 0, True, True),
        ([ELSEWHERE], 1, 0, True, True),
        ([BEHIND], 0, 1, True, True),
        ([DENIED_BEFORE], 1, 0, False, False),
        ([PERMITTED_BEFORE], 1, 0, False, False),
    ],
    ids=["alone", "another source", "behind", "denied before", "permitted before"],
)
def test_the_difference_and_the_blast_radius_are_those_of_the_whole_chain(
    run: Run, tmp_path: Path, others: list[dict[str, Any]], before: int, after: int, opens: bool, adds: bool
) -> None:
    found = promote(run, "--policy", write_chain(tmp_path, *others, *MINE))
    assert [(one["wholeChain"], one["before"], one["after"]) for one in found["chains"]] == [(True, before, after)]
    assert bool(found["differences"]) is opens
    assert bool(found["risk"]) is adds
    assert f"{before} rules of other owners before the stack's, {after} after" in found["pullRequest"]


def test_without_a_controller_only_the_stacks_own_rules_are_compared_and_that_is_stated(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AVIATRIX_CONTROLLER_IP", "AVIATRIX_USERNAME", "AVIATRIX_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    for more in ((), ("--no-controller",)):
        found = promote(run, *more)
        assert [one["wholeChain"] for one in found["chains"]] == [False]
        assert "only the stack's own rules were compared, not those of other owners" in found["pullRequest"]
    demanded = run("promote", NAME, "-s", STACK, *OPTIONS, "--dry-run", "--controller")
    assert demanded.exit_code == 1
    assert "no Controller is configured" in demanded.stderr


def test_a_controller_that_does_not_answer_is_stated_and_is_an_error_where_it_is_demanded(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("AVIATRIX_CONTROLLER_IP", "127.0.0.1:9"), ("AVIATRIX_USERNAME", "x"), ("AVIATRIX_PASSWORD", "x")):
        monkeypatch.setenv(name, value)
    (found,) = promote(run)["chains"]
    assert not found["wholeChain"]
    assert "127.0.0.1:9" in found["reason"]
    assert run("promote", NAME, "-s", STACK, *OPTIONS, "--dry-run", "--controller").exit_code == 1


def test_a_chain_without_the_stacks_rules_is_not_compared(run: Run, tmp_path: Path) -> None:
    (found,) = promote(run, "--policy", write_chain(tmp_path, DENIED_BEFORE))["chains"]
    assert not found["wholeChain"]
    assert f"has no rule of {STACK}" in found["reason"]


def test_what_is_unknown_about_other_owners_is_an_assumption(run: Run, tmp_path: Path) -> None:
    unknown = make_rule("by-group", "PERMIT", source="00000000-0000-0000-0000-0000000000ff", web=WEB)
    found = promote(run, "--policy", write_chain(tmp_path, unknown, *MINE))
    assert any("defined elsewhere are not known" in text for one in found["chains"] for text in one["assumptions"])
    assert found["differences"], "a permit that may not match does not permit already"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"policies": 1}', '{"policies": []}', '{"policies": [1]}'])
def test_a_policy_file_that_is_none_is_an_error(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "chain.json").write_text(text)
    result = run("promote", NAME, "-s", STACK, *OPTIONS, "--policy", tmp_path / "chain.json")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


class Reader:
    """The answers of a Controller with rulesets in a policy group, around the policy list of its UI."""

    BEFORE, AFTER, POINT = "defa11a1-3000-4001-0000-000000000000", "defa11a1-3000-4002-0000-000000000000", "point-1"

    class client:
        class address:
            host = "controller.example.com"

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def get_groups(self) -> list[dict[str, Any]]:
        return DOMAINS

    def get_rulesets(self) -> list[dict[str, Any]]:
        if self.broken:
            return [{"uuid": "r-own", "policies": [{"name": 1}]}, {"name": "has no uuid"}]
        return [
            {"uuid": "r-last", "name": "late", "attach_to": self.AFTER, "policies": [BEHIND]},
            {"uuid": "r-own", "name": SPEC.object_prefix, "attach_to": self.POINT, "policies": MINE},
            {"uuid": "r-first", "name": "security", "policies": [make_rule("first", source=OTHER)]},
            {"uuid": "r-idle", "name": "stored", "policies": [make_rule("stored", "PERMIT")]},
            {"uuid": "g-1", "name": "agents", "attach_to": self.BEFORE},
        ]

    def get_ruleset(self, uuid: str) -> dict[str, Any]:
        assert uuid == "g-1"
        subs = [{"attachment_point": {"name": "coding", "uuid": self.POINT}, "priority": 20}, {"list": "r-first", "priority": 10}]
        return {"uuid": "g-1", "name": "agents", "attach_to": self.BEFORE, "sub_policies": subs}

    def get_policy_list(self) -> list[dict[str, Any]]:
        return [make_rule("ui", source=OTHER)]

    def get_default_action(self) -> dict[str, Any]:
        return {"action": "PERMIT"}


def test_a_live_chain_is_in_the_controllers_order() -> None:
    chain = read_live_chain(Reader())  # type: ignore[arg-type]
    assert chain is not None
    assert [rule.name for rule in chain.policy.ruleset.rules] == [
        "first",
        "vca-openclaw-allow-x",
        "vca-openclaw-default-deny",
        "ui",
        "late-deny-acme",
    ], "a ruleset that is not attached is not in force"
    placed = place_subject(build_subject(SPEC), SPEC.object_prefix, chain)
    assert placed is not None
    assert (placed.before, placed.after) == (1, 2)
    assert placed.subject.ruleset.default_action is Action.PERMIT
    names = [rule.name for rule in placed.subject.ruleset.rules]
    assert (names[0], names[-2:]) == ("first", ["ui", "late-deny-acme"])
    assert names[1:-2] == [rule.name for rule in build_subject(SPEC).ruleset.rules]


def test_a_response_of_another_form_is_no_chain() -> None:
    with pytest.raises(ControllerError, match="unexpected form"):
        read_live_chain(Reader(broken=True))  # type: ignore[arg-type]


def write_own_rules() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the stack's rules and groups in the form in which the Controller lists them."""
    ruleset = build_subject(SPEC).ruleset
    groups = [
        {"uuid": key, "name": key, "selector": {"any": [{"all": {"snifilter": str(one)}} for one in group.patterns]}}
        for key, group in ruleset.web_groups.items()
    ]
    rules = []
    for rule in ruleset.rules:
        more = {"watch": rule.watch, "web_filters": list(rule.web_groups), "protocol": rule.protocol.value}
        made = make_rule(rule.name, rule.action.value, source=OWN, priority=rule.priority)
        rules.append({**made, **more, "port_ranges": [{"lo": port.low, "hi": port.high} for port in rule.ports]})
    return rules, groups


def add_name(rules: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    next(one for one in groups if "core" in one["name"])["selector"]["any"].append({"all": {"snifilter": "planted.example.com"}})


def remove_name(rules: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    del next(one for one in groups if "unapproved" in one["name"])["selector"]["any"][0]


def add_rule(rules: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    rules.append(make_rule("planted", "PERMIT", source=OWN, priority=1))


def watch_rule(rules: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    rules[0]["watch"] = not rules[0]["watch"]


def leave(rules: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    """Change nothing: the deployed rules are those of the file."""


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (leave, ""),
        (add_name, "has planted.example.com on the Controller and not in the stack's file"),
        (remove_name, "in the stack's file and not on the Controller"),
        (add_rule, "planted is on the Controller and not in the stack's file"),
        (watch_rule, "has another action, watch, state or protocol on the Controller"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_rules_that_were_edited_on_the_controller_are_a_warning(run: Run, tmp_path: Path, edit: Any, text: str) -> None:
    rules, groups = write_own_rules()
    edit(rules, groups)
    path = tmp_path / "chain.json"
    path.write_text(json.dumps({"policies": rules, "app_domains": [*DOMAINS, *groups]}))
    found = promote(run, "--policy", path)
    (chain,) = found["chains"]
    assert chain["wholeChain"]
    assert len(chain["drift"]) == (1 if text else 0), chain["drift"]
    assert all(text in one for one in chain["drift"])
    assert ("edited on the Controller or not applied" in found["pullRequest"]) is bool(text)
