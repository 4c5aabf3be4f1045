"""What logs show is what happened: each destination once, with its rule, bytes, days and flags, and nothing that did not happen."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from containment.errors import InputError
from containment.exit_code import Exit
from containment.loaders.presets import load_library
from containment.loaders.stack_file import read_stack
from containment.logs.aws import FirewallAction, FlowAction
from containment.logs.gateway import Stage
from containment.observe.evidence import Evidence, Flag, render_evidence
from containment.observe.observation import Observation, Scope, observe
from containment.observe.report.answer import build_answer, choose_exit_code
from containment.observe.report.page import render_page
from containment.policy.builder import build_ruleset
from containment.policy.flow import PolicyVerdict
from containment.queries.renderers import Format, render_text
from tests.containment.observe.lines import (
    AGENT,
    MONITOR_PERMIT,
    RULES,
    SHADOW_DENY,
    START,
    flow,
    packet,
    permitted,
    query,
    session,
    watched,
)
from tests.support.child import REPOSITORY

LIBRARY = load_library()
SCOPE = Scope(library=LIBRARY, rules=RULES)


def look(folder: Path, lines: Iterable[str], scope: Scope = SCOPE, rejects: Path | None = None) -> Observation:
    path = folder / "log"
    path.write_text("".join(f"{line}\n" for line in lines))
    return observe([str(path)], scope, rejects)


def test_a_watched_flow_is_counted_once_under_the_rule_that_denies(tmp_path: Path) -> None:
    lines = [*watched("files.example.org", 1), *watched("files.example.org", 2, START + timedelta(days=1), sent=50)]
    (found,) = look(tmp_path, lines).evidence.would_be_denied
    assert (found.name, found.registrable_domain, found.agent, found.rule) == (
        "files.example.org",
        "example.org",
        AGENT,
        "vca-openclaw-default-deny",
    )
    assert (found.count, found.bytes_out, found.bytes_in, found.days) == (2, 150, 300, 2)
    assert (found.first_seen, found.last_seen) == (START, START + timedelta(days=1))
    assert not found.in_catalog
    assert found.catalog_set is None


def test_a_permit_by_nothing_but_the_monitor_rule_would_be_denied(tmp_path: Path) -> None:
    line = session("a.example.org", rule=MONITOR_PERMIT, verdict=PolicyVerdict.PERMIT, enforced=True)
    found = look(tmp_path, [line])
    assert [one.rule for one in found.evidence.would_be_denied] == ["vca-openclaw-monitor-permit"]
    assert choose_exit_code(found) is Exit.NO


def test_a_permitted_flow_and_an_enforced_deny_are_not_listed(tmp_path: Path) -> None:
    found = look(tmp_path, [*permitted("pypi.org"), session("bad.example.org", number=2, enforced=True)])
    assert found.evidence.would_be_denied == ()
    assert choose_exit_code(found) is Exit.OK


def test_a_permit_by_a_rule_that_the_table_lacks_is_no_permission(tmp_path: Path) -> None:
    lines = permitted("pypi.org")
    known = {uuid: name for uuid, name in RULES.items() if "allow" not in name}
    (found,) = look(tmp_path, lines, Scope(library=LIBRARY, rules=known)).evidence.would_be_denied
    assert found.rule.startswith("unknown rule ")
    without = look(tmp_path, lines, Scope(library=LIBRARY))
    assert without.evidence.would_be_denied == ()
    assert choose_exit_code(without) is Exit.INCONCLUSIVE


def test_an_unknown_rule_that_permitted_what_the_policy_permits_today_is_no_denial(tmp_path: Path) -> None:
    spec = read_stack("coding-monitor", None, REPOSITORY, LIBRARY)
    known = {uuid: name for uuid, name in RULES.items() if "allow" not in name}
    scope = Scope(library=LIBRARY, stack="coding-monitor", ruleset=build_ruleset(spec), agents=spec.agent_subnets, rules=known)
    lines = [*permitted("pypi.org"), *permitted("api.openai.com", 2), *permitted("other.example.org", 3)]
    assert [one.name for one in look(tmp_path, lines, scope).evidence.would_be_denied] == ["api.openai.com", "other.example.org"]


def test_a_later_permit_does_not_add_to_an_earlier_deny(tmp_path: Path) -> None:
    known = {uuid: name for uuid, name in RULES.items() if "allow" not in name}
    found = look(tmp_path, [*watched("a.example.org"), *permitted("a.example.org", 2)], Scope(library=LIBRARY, rules=known))
    assert [(one.count, one.bytes_out) for one in found.evidence.would_be_denied if "unknown" not in one.rule] == [(1, 100)]


def test_flags_come_from_the_catalog(tmp_path: Path) -> None:
    line = session("api.openai.com", rule=SHADOW_DENY)
    (found,) = look(tmp_path, [line]).evidence.would_be_denied
    assert found.catalog_set == "unapproved-models"
    assert set(found.flags) == {Flag.UPLOAD, Flag.MULTI_TENANT, Flag.UNAPPROVED_MODEL}


@pytest.mark.parametrize("spelled", ["API.DeepSeek.com.", "api.deepseek.com:8443", "api。deepseek。com", " api.deepseek.com"])
def test_a_name_has_its_flags_in_every_spelling(tmp_path: Path, spelled: str) -> None:
    (found,) = look(tmp_path, watched(spelled)).evidence.would_be_denied
    assert (found.name, found.registrable_domain, Flag.UNAPPROVED_MODEL in found.flags) == ("api.deepseek.com", "deepseek.com", True)


def test_two_spellings_of_a_name_are_one_destination(tmp_path: Path) -> None:
    lines = [*watched("bücher.example", 1), *watched("xn--bcher-kva.example", 2)]
    assert [(one.name, one.count) for one in look(tmp_path, lines).evidence.would_be_denied] == [("xn--bcher-kva.example", 2)]


@pytest.mark.parametrize("name", ["203.0.113.10", "203.0.113.10:443"])
def test_the_address_itself_in_place_of_a_name_is_no_name(tmp_path: Path, name: str) -> None:
    found = look(tmp_path, watched(name)).evidence
    assert [one.address for one in found.address_without_name] == ["203.0.113.10"]
    assert not found.disagreements
    assert not [one for one in found.not_tested if one.question == "SNI and address"]


def test_another_address_in_place_of_a_name_disagrees(tmp_path: Path) -> None:
    found = look(tmp_path, watched("[2001:db8::9]:443")).evidence
    assert [(one.name, one.address) for one in found.disagreements] == [("2001:db8::9", "203.0.113.10")]


def test_dns_only_an_address_and_a_disagreement_are_three_different_lines(tmp_path: Path) -> None:
    lines = [
        query("asked.example.org", "203.0.113.50", action=FirewallAction.ALERT),
        packet("203.0.113.60", number=7),
        packet("203.0.113.60", number=8, rule=MONITOR_PERMIT, permits=True),
        query("spoofed.example.org", "203.0.113.70"),
        *watched("spoofed.example.org", 3, address="203.0.113.99"),
        query("honest.example.org", "203.0.113.80"),
        *watched("honest.example.org", 4, address="203.0.113.80"),
    ]
    found = look(tmp_path, lines).evidence
    assert [(one.name, one.verdict) for one in found.dns_only] == [("asked.example.org", "DENY")]
    assert [(one.address, one.port, one.verdict) for one in found.address_without_name] == [("203.0.113.60", 22, "WOULD-DENY")]
    assert [(one.name, one.address) for one in found.disagreements] == [("spoofed.example.org", "203.0.113.99")]
    assert {(one.name, one.count) for one in found.would_be_denied} == {
        ("203.0.113.60", 1),
        ("spoofed.example.org", 1),
        ("honest.example.org", 1),
    }


def test_an_address_without_answers_is_not_tested_and_a_moved_flow_disagrees(tmp_path: Path) -> None:
    lines = [*watched("quiet.example.org"), *permitted("pypi.org", 2, address="203.0.113.66", upstream="198.51.100.1:443")]
    found = look(tmp_path, lines).evidence
    assert [one.name for one in found.disagreements] == ["pypi.org"]
    assert [one.count for one in found.not_tested if one.question == "SNI and address"] == [1]


def test_a_name_whose_address_was_reached_is_not_dns_only(tmp_path: Path) -> None:
    found = look(tmp_path, [query("a.example.org", "203.0.113.10"), flow("203.0.113.10"), flow("203.0.113.10", answer=True)]).evidence
    assert found.dns_only == ()
    assert found.address_without_name == ()


def test_answers_of_a_flow_are_bytes_in_and_inbound_attempts_are_no_flow_of_the_agent(tmp_path: Path) -> None:
    lines = [flow(size=500), flow(answer=True, size=900), flow("198.51.100.7", answer=True, action=FlowAction.REJECT)]
    found = look(tmp_path, lines)
    assert [(one.address, one.bytes_out, one.bytes_in) for one in found.evidence.address_without_name] == [("203.0.113.10", 500, 900)]
    assert found.evidence.lines == {"vpc-flow": 3}


def test_without_decisions_of_the_gateway_denials_are_not_tested(tmp_path: Path) -> None:
    found = look(tmp_path, [flow()])
    assert choose_exit_code(found) is Exit.INCONCLUSIVE
    assert "NOT TESTED" in build_answer(found).headline


def test_a_rejected_gateway_line_leaves_the_answer_open(tmp_path: Path) -> None:
    assert choose_exit_code(look(tmp_path, [*permitted("pypi.org"), permitted("x.example.org")[0].replace('"src":', '"no":')])) is (
        Exit.INCONCLUSIVE
    )


def test_a_hole_in_one_log_while_another_has_traffic_is_a_gap(tmp_path: Path) -> None:
    hours = [START + timedelta(minutes=20 * number) for number in range(30)]
    queries = [query("pypi.org", "203.0.113.10", at=moment) for moment in hours]
    gateway = [line for number, moment in enumerate(hours) for line in permitted("pypi.org", number, moment)]
    assert look(tmp_path, [*queries, *gateway]).evidence.gaps == ()
    (gap,) = look(tmp_path, [*queries, *gateway[:10], *gateway[18:]]).evidence.gaps
    assert (gap.source, gap.start, gap.end) == ("gateway-l7", hours[9], hours[18])
    (late,) = look(tmp_path, [*queries, *gateway[:10]]).evidence.gaps
    assert (late.start, late.end) == (hours[9], hours[-1])


def test_a_missing_number_in_a_sequence_is_a_gap_and_arbitrary_numbers_are_none(tmp_path: Path) -> None:
    numbered = [packet("203.0.113.60", number=number, at=START + timedelta(seconds=number)) for number in range(1, 40)]
    assert look(tmp_path, numbered).evidence.gaps == ()
    (gap,) = look(tmp_path, [*numbered[:20], *numbered[25:]]).evidence.gaps
    assert gap.source == "gateway-l4 sequence of gw"
    arbitrary = [packet("203.0.113.60", number=number * number * 7919 % 10**6) for number in range(1, 40)]
    assert look(tmp_path, arbitrary).evidence.gaps == ()


def test_skipped_records_of_the_vpc_are_a_gap(tmp_path: Path) -> None:
    start = int(START.timestamp())
    (gap,) = look(tmp_path, [flow(), f"2 1 eni-1 - - - - - - - {start} {start + 60} - SKIPDATA"]).evidence.gaps
    assert (gap.source, gap.seconds) == ("vpc-flow", 60)


def test_names_of_the_policy_without_a_flow_are_listed(tmp_path: Path) -> None:
    spec = read_stack("coding-monitor", None, REPOSITORY, LIBRARY)
    scope = Scope(library=LIBRARY, stack="coding-monitor", ruleset=build_ruleset(spec), agents=spec.agent_subnets, rules=RULES)
    names = {one.name for one in look(tmp_path, permitted("pypi.org"), scope).evidence.never_used}
    assert "registry.npmjs.org" in names
    assert "pypi.org" not in names


def test_thousand_bad_lines_are_rejected_and_counted_and_none_is_fatal(tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    good = watched("a.example.org")
    bad = [f"broken line {number}" for number in range(400)] + [good[0][:-40] + str(number) for number in range(600)]
    found = look(tmp_path, [*good, *bad], rejects=rejects)
    entries = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert sum(found.evidence.rejected.values()) == len(entries) == 1000
    assert found.evidence.rejected == {"unknown": 400, "gateway-l7": 600}
    assert {"file", "line", "kind", "reason", "text"} == entries[0].keys()
    assert entries[0]["line"] == 5
    assert found.read == sum(found.evidence.lines.values()) + 1000
    assert [one.count for one in found.evidence.would_be_denied] == [1]


def test_logs_without_a_usable_line_are_an_error_of_the_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        look(tmp_path, ["nothing", "of a log"])


def test_every_path_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError) as caught:
        observe([str(tmp_path / "a"), str(tmp_path / "folder"), "lab:absent"], SCOPE)
    assert [one.where for one in caught.value.problems] == [str(tmp_path / "a"), str(tmp_path / "folder"), "lab:absent"]


def test_compression_is_recognized_by_content_and_a_cut_file_is_one_reject(tmp_path: Path) -> None:
    packed = gzip.compress("".join(f"{line}\n" for line in watched("a.example.org")).encode())
    (tmp_path / "whole.txt").write_bytes(packed)
    whole = observe([str(tmp_path)], SCOPE)
    assert [one.count for one in whole.evidence.would_be_denied] == [1]
    (tmp_path / "cut.txt").write_bytes(packed[:-12])
    assert observe([str(tmp_path)], SCOPE).evidence.rejected["file"] == 1


def test_the_window_leaves_other_days_out(tmp_path: Path) -> None:
    lines = [*watched("old.example.org", 1, START - timedelta(days=3)), *watched("new.example.org", 2)]
    path = tmp_path / "log"
    path.write_text("\n".join(lines))
    found = observe([str(path)], Scope(library=LIBRARY, rules=RULES, since=START - timedelta(days=1), until=START + timedelta(days=1)))
    assert [one.name for one in found.evidence.would_be_denied] == ["new.example.org"]


def test_the_document_is_read_back_unchanged(tmp_path: Path) -> None:
    found = look(tmp_path, [*watched("a.example.org"), packet("203.0.113.60", number=9)]).evidence
    assert isinstance(found, Evidence)
    assert Evidence.model_validate_json(render_evidence(found)) == found


def test_the_page_escapes_names_and_requests_nothing(tmp_path: Path) -> None:
    found = look(tmp_path, watched("<script>alert(1)</script>.example.org"))
    page = render_page(found, build_answer(found))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "<svg" in page
    assert "default-src 'none'" in page.replace("&#x27;", "'")


def test_a_name_cannot_send_control_characters_to_a_terminal(tmp_path: Path) -> None:
    found = look(tmp_path, watched("a\x1b[2J.example.org"))
    cells = [cell for section in build_answer(found).sections for row in section.rows for cell in row]
    assert any("[2j.example.org" in cell for cell in cells)
    assert all(cell.isprintable() for cell in cells)


@pytest.mark.long
@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1+cmd|' /c calc'!a0", "-2+3", "@sum(a1)"])
def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path: Path, name: str) -> None:
    text = render_text(build_answer(look(tmp_path, watched(name))), Format.CSV)
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert f"'{name.lower()}" in cells
    assert name.lower() not in cells


def test_a_start_without_its_end_has_no_bytes(tmp_path: Path) -> None:
    (found,) = look(tmp_path, [session("a.example.org", stage=Stage.START)]).evidence.would_be_denied
    assert found.bytes_out is None
    assert found.bytes_in is None
