"""A waiver accepts one finding until its end, says so aloud, and is a violation itself when it is unclear, idle or over."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from policypack.finding import Finding, Violation
from policypack.graph.known_types import SPOKE_GATEWAY
from policypack.graph.resources import Graph, Resource
from policypack.registry import RULES
from policypack.standalone_checks import check
from policypack.waivers import FILE, MOST_DAYS, NOT_WAIVABLE, STACK, Waivers, load_waivers, parse_waivers
from tests.policypack.pack import Pack

IDS = [rule.id for rule in RULES]
TODAY = date(2026, 11, 25)
VOLUME = "gateway-volume-is-encrypted"
ROOT = Resource("urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", STACK, "shop-dev")
SPOKE = Resource(
    f"urn:pulumi:dev::shop::{SPOKE_GATEWAY}::spoke", SPOKE_GATEWAY, "spoke", {"enableEncryptVolume": False, "singleIpSnat": True}
)
ENTRY = {"rule": VOLUME, "resource": "spoke", "reason": "remade on Friday", "owner": "platform", "until": TODAY}


def waivers(*entries: dict[str, object], today: date = TODAY) -> Waivers:
    return parse_waivers(yaml.safe_dump(list(entries)), today, IDS)


@pytest.mark.parametrize("resource", ["spoke", SPOKE.urn])
def test_a_waived_finding_is_no_violation_and_names_owner_reason_and_end(resource: str) -> None:
    judged = check([ROOT, SPOKE], waivers({**ENTRY, "resource": resource}))
    assert judged.violations == ()
    (waived,) = judged.waived
    assert waived.message.startswith(f"{VOLUME}: is not encrypted: enableEncryptVolume is False\n")
    assert "waived until 2026-11-25 by platform: remade on Friday (waivers.yaml, entry 1)" in waived.message


def test_without_the_waiver_it_is_a_violation() -> None:
    judged = check([ROOT, SPOKE], Waivers())
    assert [one.id for one in judged.violations] == [VOLUME]
    assert judged.waived == ()


@pytest.mark.parametrize(
    "other", [{"rule": "gateway-translates-addresses"}, {"resource": "spok"}, {"resource": "spoke2"}, {"resource": "*"}]
)
def test_a_waiver_is_exact_about_rule_and_resource(other: dict[str, str]) -> None:
    assert VOLUME in [one.id for one in check([ROOT, SPOKE], waivers({**ENTRY, **other})).violations]


def test_a_waiver_that_has_ended_is_a_violation_and_its_finding_counts_again() -> None:
    ended = waivers({**ENTRY, "until": TODAY - timedelta(days=1)})
    judged = check([ROOT, SPOKE], ended)
    assert sorted(one.id for one in judged.violations) == [VOLUME, "waivers-hold"]
    about = next(one for one in judged.violations if one.id == "waivers-hold")
    assert about.where == ROOT.urn
    assert about.what.startswith("waivers.yaml, entry 1: the waiver of gateway-volume-is-encrypted at spoke ended on 2026-11-24")


def test_a_waiver_of_nothing_is_a_violation() -> None:
    judged = check([ROOT, SPOKE], waivers(ENTRY, {**ENTRY, "resource": "gone"}))
    assert [one.what for one in judged.violations] == [
        f"waivers.yaml, entry 2: the waiver of {VOLUME} names gone, and no resource has this name; remove it, or correct it"
    ]


@pytest.mark.parametrize("elsewhere", ["urn:pulumi:prod::shop::x:y:Z::spoke", "urn:pulumi:dev::bank::x:y:Z::spoke"])
def test_a_urn_of_another_stack_is_not_missed_here(elsewhere: str) -> None:
    assert check([ROOT, replace(SPOKE, props={"enableEncryptVolume": True})], waivers({**ENTRY, "resource": elsewhere})).violations == ()


def test_what_concerns_the_whole_stack_is_waived_with_the_stacks_own_name() -> None:
    nobody = Resource("urn:pulumi:dev::shop::aws:ec2/vpc:Vpc::vpc", "aws:ec2/vpc:Vpc", "vpc")
    entry = {**ENTRY, "rule": "agent-host-is-found", "resource": "shop-dev"}
    assert [one.id for one in check([ROOT, nobody], Waivers()).violations] == ["agent-host-is-found"]
    assert check([ROOT, nobody], waivers(entry)).violations == ()


MISTAKES = {
    "no reason": ({key: value for key, value in ENTRY.items() if key != "reason"}, "waivers.yaml, entry 1: has no reason"),
    "empty owner": ({**ENTRY, "owner": ""}, "waivers.yaml, entry 1: has no owner"),
    "no end": ({**ENTRY, "until": None}, "waivers.yaml, entry 1: has no until"),
    "no day": ({**ENTRY, "until": "next week"}, "has until 'next week', which is not a day (YYYY-MM-DD)"),
    "a number for a day": ({**ENTRY, "until": 20270131}, "has until 20270131, which is not a day"),
    "unknown rule": ({**ENTRY, "rule": "gateway-is-nice"}, "waives 'gateway-is-nice', which is not a rule"),
    "unknown key": ({**ENTRY, "untill": "2027-01-01"}, "has 'untill', which is not a key here"),
    "a list for a resource": ({**ENTRY, "resource": ["a", "b"]}, "has resource ['a', 'b'], which is not a text"),
    "a sign for an owner": ({**ENTRY, "owner": "-"}, "waivers.yaml, entry 1: has owner '-', which contains no word"),
    "digits for a reason": ({**ENTRY, "reason": "123 456"}, "waivers.yaml, entry 1: has reason '123 456', which contains no word"),
    "no entry": ("spoke", "is not a waiver"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_file_and_entry_and_voids_every_waiver(mistake: str) -> None:
    entry, said = MISTAKES[mistake]
    found = parse_waivers(yaml.safe_dump([entry, {**ENTRY, "resource": "other"}]), TODAY, IDS)
    assert found.entries == ()
    assert any(said in str(problem) for problem in found.problems), found.problems
    judged = check([ROOT, SPOKE], found)
    assert {one.id for one in judged.violations} == {VOLUME, "waivers-hold"}


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 11, 25), date(2027, 11, 25)),
        (date(2027, 6, 1), date(2028, 6, 1)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(9999, 1, 1), date.max),
    ],
)
def test_a_waiver_ends_within_a_year(today: date, last: date) -> None:
    assert waivers({**ENTRY, "until": last}, today=today).problems == ()
    if last < date.max:
        (problem,) = waivers({**ENTRY, "until": last + timedelta(days=1)}, today=today).problems
        assert "more than one year from today\n    why: an accepted finding is reviewed again" in str(problem)
        assert problem.fix == f"write until: {last} or an earlier day, and decide again then"


def test_a_waiver_of_a_bounded_rule_ends_within_its_days() -> None:
    assert set(MOST_DAYS) <= set(IDS)
    for rule, days in MOST_DAYS.items():
        entry = {**ENTRY, "rule": rule}
        assert waivers({**entry, "until": TODAY + timedelta(days=days)}).problems == ()
        (problem,) = waivers({**entry, "until": TODAY + timedelta(days=days + 1)}).problems
        assert f"more than {days} days from today" in problem.what


@pytest.mark.parametrize("text", ["", " ", "x", "-", "...", "123", "n/a", "a b c", "4711-2", "ß", "x1", "!?"])
def test_what_contains_no_word_is_no_owner_and_no_reason(text: str) -> None:
    for key in ("owner", "reason"):
        assert waivers({**ENTRY, key: text}).problems, text


@pytest.mark.parametrize("text", ["ops", "Jo", "team 7", "平台", "équipe", "हिन्दी", "платформа", "a.b@acme.example", "TICKET-42"])
def test_a_word_in_any_script_is_an_owner_and_a_reason(text: str) -> None:
    assert waivers({**ENTRY, "owner": text, "reason": text}).problems == ()


@pytest.mark.parametrize("repeated", ["until: 2026-12-31", '"until": 2026-12-31', "'owner': ops"])
def test_a_key_that_is_set_twice_voids_the_file_and_names_both_lines(repeated: str) -> None:
    text = f"- rule: {VOLUME}\n  resource: spoke\n  reason: remade on Friday\n  owner: platform\n  until: 2026-12-01\n  {repeated}\n"
    found = parse_waivers(text, TODAY, IDS)
    assert found.entries == ()
    (problem,) = found.problems
    line = 4 if "owner" in repeated else 5
    assert problem.what.startswith("line 6, column 3: the key ")
    assert f"is already set at line {line}" in problem.what


@pytest.mark.parametrize("rule", sorted(NOT_WAIVABLE))
def test_what_makes_an_agent_contained_cannot_be_waived(rule: str) -> None:
    assert rule in IDS
    (problem,) = waivers({**ENTRY, "rule": rule}).problems
    assert "cannot be waived" in str(problem)


@pytest.mark.parametrize(
    ("text", "said"),
    [("- rule: [", "is not YAML"), ("rule: x", "is not a list of waivers"), ("nothing", "is not a list of waivers")],
)
def test_a_file_that_is_no_list_is_refused(text: str, said: str) -> None:
    (problem,) = parse_waivers(text, TODAY, IDS).problems
    assert str(problem).startswith("waivers.yaml: ")
    assert said in str(problem)


def test_two_waivers_of_one_finding_are_a_mistake() -> None:
    (problem,) = waivers(ENTRY, {**ENTRY, "reason": "other"}).problems
    assert "waivers.yaml, entry 2: waives gateway-volume-is-encrypted at spoke, as waivers.yaml, entry 1 does" in str(problem)


def test_the_file_that_is_shipped_is_empty_and_explains_itself() -> None:
    assert load_waivers(TODAY, IDS) == Waivers(today=TODAY)
    example = "\n".join(line.removeprefix("#   ") for line in FILE.read_text().splitlines() if line.startswith("#   "))
    (entry,) = parse_waivers(example, TODAY, IDS).entries
    assert entry.rule == VOLUME


def test_no_file_is_no_waiver_and_an_unreadable_one_is_a_problem(tmp_path: Path) -> None:
    assert load_waivers(TODAY, IDS, tmp_path / "waivers.yaml") == Waivers(today=TODAY)
    (tmp_path / "waivers.yaml").mkdir()
    (problem,) = load_waivers(TODAY, IDS, tmp_path / "waivers.yaml").problems
    assert "cannot be read" in str(problem)


def test_a_resource_is_never_matched_by_a_part_of_its_urn() -> None:
    rule = next(rule for rule in RULES if rule.id == VOLUME)
    assert waivers({**ENTRY, "resource": "dev"}).find_waiver(Finding(rule, SPOKE.urn, "x")) is None
    assert waivers(ENTRY).describe_unused(Graph([ROOT, SPOKE])) == []
    assert Waivers().find_violations("") == list[Violation]()


def registered(encrypted: bool) -> list[dict[str, object]]:
    """Return what an engine tells a pack of a program of a gateway alone."""
    empty = {"dependencies": [], "propertyDependencies": {}, "parent": ""}
    root = {"urn": ROOT.urn, "type": STACK, "name": ROOT.name, "inputs": {}, "outputs": {}, **empty}
    inputs = {"enableEncryptVolume": encrypted, "singleIpSnat": True}
    return [root, {"urn": SPOKE.urn, "type": SPOKE.type, "name": "spoke", "inputs": inputs, "outputs": inputs, **empty}]


@pytest.mark.slow
def test_the_pack_in_an_engine_agrees(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(FILE.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    far = datetime.now(UTC).date() + timedelta(days=300)
    (copy / FILE.name).write_text(yaml.safe_dump([{**ENTRY, "until": far}, {**ENTRY, "resource": "gone", "until": far}]))
    with Pack(copy) as pack:
        found = {(one.policyName, one.enforcementLevel): one for one in pack.judge(registered(encrypted=False))}
    assert set(found) == {("waived-findings", 0), ("waivers-hold", 1)}
    assert found["waived-findings", 0].urn == SPOKE.urn
    assert "by platform: remade on Friday" in found["waived-findings", 0].message
    assert "names gone" in found["waivers-hold", 1].message
    assert found["waivers-hold", 1].urn == ROOT.urn
    (copy / FILE.name).write_text(yaml.safe_dump([{**ENTRY, "until": date(2020, 1, 1)}]))
    with Pack(copy) as pack:
        again = {(one.policyName, one.enforcementLevel) for one in pack.judge(registered(encrypted=False))}
    assert again == {(VOLUME, 1), ("waivers-hold", 1)}
