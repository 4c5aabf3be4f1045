"""`tools` and `risk` show what lies behind each server, and a check that did not run is NOT TESTED."""

from __future__ import annotations

from dataclasses import replace

import pytest

from containment.errors import InputError
from containment.exit_code import Exit
from containment.preflight.finding import Status
from containment.queries.risk import describe_risk
from containment.queries.subject.subjects import build_subject
from containment.queries.tools import check_tools, describe_pins, find_listing_problems, list_tools, show_server
from containment.tools.pins import ListedTool
from tests.containment.renderings.artifacts import library, spec_of
from tests.containment.tool_scopes.scopes import make_server


def test_risk_lists_the_reach_of_every_server() -> None:
    answer = describe_risk(build_subject(spec_of("coding-monitor"), library()))
    (section,) = [one for one in answer.sections if one.title.startswith("Behind the tools")]
    assert {(row[0], row[1]) for row in section.rows} == {
        ("files", "files"),
        ("tests", "shell"),
        ("tests", "files"),
        ("deployments", "deployment"),
    }
    assert {one["name"] for one in answer.data["tools"]["servers"]} == {"files", "tests", "deployments"}
    without = describe_risk(build_subject(spec_of("locked-down-monitor"), library()))
    assert not [one for one in without.sections if one.title.startswith("Behind the tools")]


def test_a_server_that_is_added_is_in_risk_with_its_reach() -> None:
    mail = make_server("mail", reaches=[{"kind": "mail", "what": "the mailboxes of a team"}])
    known, spec = library(), spec_of("coding-monitor")
    section = spec.preset.tools.model_copy(update={"servers": (*spec.preset.tools.servers, "mail")})
    wider = replace(spec, preset=spec.preset.model_copy(update={"tools": section}))
    with_mail = replace(known, tools=replace(known.tools, servers={**known.tools.servers, "mail": mail}))
    before = describe_risk(build_subject(spec, with_mail))
    after = describe_risk(build_subject(wider, with_mail))
    found, other = ([row for one in answer.sections if one.title.startswith("Behind") for row in one.rows] for answer in (after, before))
    assert [row[:2] for row in found if row not in other] == [("mail", "mail")]


def test_list_names_what_nobody_reviewed() -> None:
    answer = list_tools(spec_of("research-monitor"), library())
    assert "0 of them reviewed" in answer.headline
    assert answer.data["refusalsPerMinute"] == 30
    assert list_tools(spec_of("locked-down-monitor"), library()).headline.startswith("locked-down-monitor: locked-down lists no MCP server")


def test_check_is_no_without_reviews_and_not_certain_without_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = check_tools(spec_of("coding-monitor"), library())
    assert answer.exit is Exit.NO
    statuses = {case.id: case.status for case in answer.cases}
    assert statuses["tools-listed"] is Status.NOT_TESTED
    assert statuses["tools-reviewed"] is Status.FAIL
    assert check_tools(spec_of("locked-down-monitor"), library()).exit is Exit.NOTHING
    monkeypatch.setattr("containment.extras.find_spec", lambda name: None if name == "cedarpy" else object())
    skipped = next(case for case in check_tools(spec_of("coding-monitor"), library()).cases if case.id == "tools-cedar")
    assert skipped.status is Status.SKIPPED


def _list(name: str, *arguments: str, required: tuple[str, ...] = (), text: str = "A tool.") -> ListedTool:
    schema = {"type": "object", "properties": {one: {"type": "string"} for one in arguments}, "required": list(required)}
    return ListedTool(name, text, schema)


def test_a_pin_shows_changes_and_invisible_characters() -> None:
    listed = _list("read_file", "path", required=("path",), text="Read a file.\u202e\u200b")
    server = make_server()
    tools = (server.tools[1].model_copy(update={"digest": listed.digest}),)
    pinned = server.model_copy(update={"tools": tools})
    assert describe_pins(pinned, {"read_file": listed}).exit is Exit.OK
    changed = ListedTool("read_file", "Read any file.", listed.input_schema)
    answer = describe_pins(pinned, {"read_file": changed, "other": _list("other")})
    assert answer.exit is Exit.NO
    assert [row[1] for row in answer.sections[0].rows] == ["not in the file", "CHANGED"]
    shown = describe_pins(pinned, {"read_file": listed}).sections[0].rows[0][3]
    assert shown == "Read a file.\\u{202e}\\u{200b}"
    assert describe_pins(pinned, {}).exit is Exit.NO


def test_arguments_of_the_server_are_declared_or_omitted() -> None:
    tool = make_server().tools[1]
    assert list(find_listing_problems(tool, _list("read_file", "path", required=("path",)))) == []
    problems = list(find_listing_problems(tool, _list("read_file", "path", "encoding", required=("path", "encoding"))))
    assert len(problems) == 2
    assert list(find_listing_problems(tool, _list("read_file", required=()))) == ["read_file has no argument path at its server"]
    assert list(find_listing_problems(tool, None)) == ["read_file is not listed by the server"]


def test_show_names_the_nearest_server() -> None:
    assert show_server("files", library()).exit is Exit.OK
    with pytest.raises(InputError, match="no such server") as caught:
        show_server("file", library())
    assert "files" in caught.value.problems[0].fix
