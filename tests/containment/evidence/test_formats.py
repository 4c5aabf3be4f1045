"""Markdown, CSV and the page follow from the bundle alone, show where it was observed first, and carry no text that acts."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from containment.evidence.bundle import parse_bundle
from containment.evidence.controls import CONTROLS, judge_controls
from containment.evidence.formats import FORMATS
from containment.evidence.make import MadeBundle
from containment.evidence.model import Origin, PartName, combine_origins, find_worst
from containment.evidence.parts.run_results import NAMES
from containment.evidence.tables import describe_origin
from containment.preflight.finding import Status
from containment.queries.renderers.as_csv import defuse_cell
from containment.risk.threats import THREATS
from policypack.registry import RULES
from tests.containment.evidence.desk import NOW, STACK, Desk

HOSTILE = '<script>alert(1)</script>|`*"\x1b[31m\u202e=cmd'


def read_rows(made: MadeBundle) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.renderings[".csv"])))


def test_each_format_follows_from_the_text_of_the_bundle(made: MadeBundle) -> None:
    again = parse_bundle(made.text)
    assert {suffix: render(again) for suffix, render in FORMATS.items()} == dict(made.renderings)


def test_the_same_inputs_give_the_same_bytes(shared: Desk, made: MadeBundle, state: dict[str, Any]) -> None:
    again = shared.make(state=shared.folder / "state.json", results=(shared.folder / "report.json",))
    assert again.text == made.text
    assert dict(again.renderings) == dict(made.renderings)


def test_another_time_changes_the_time_alone(shared: Desk, bare: MadeBundle) -> None:
    later = json.loads(shared.make(made=NOW.replace(hour=14)).text)
    first = json.loads(bare.text)
    changed = [one["name"] for one, other in zip(first["parts"], later["parts"], strict=True) if one != other]
    assert changed == ["configuration"]


def test_where_it_was_observed_is_on_top(made: MadeBundle) -> None:
    observed = describe_origin(Origin.MIXED)
    assert made.bundle.predicate.origin is Origin.MIXED, "the tests are of the lab, and the state of unknown origin"
    assert made.renderings[".md"].splitlines()[2] == f"**{observed}**"
    assert f'<p class="observed">{observed}</p>' in made.renderings[".html"]
    assert {row["observed"] for row in read_rows(made)} == {"simulated in part"}


def test_the_table_of_claims_has_one_row_per_claim(made: MadeBundle) -> None:
    rows = read_rows(made)
    wanted = {(part.name.value, claim.id) for part in made.bundle.parts for claim in part.claims}
    wanted |= {(part.name.value, "") for part in made.bundle.parts if not part.claims}
    assert {(row["part"], row["claim"]) for row in rows} == wanted
    assert len(rows) == len(wanted)


def test_a_missing_part_is_a_row_in_each_format_and_no_pass(bare: MadeBundle) -> None:
    rows = {row["part"]: row for row in read_rows(bare) if not row["claim"]}
    for part in (PartName.STATE, PartName.TESTS, PartName.ATTESTATIONS):
        assert rows[part]["status"] == "NOT TESTED"
        assert rows[part]["reason"]
    assert bare.bundle.predicate.verdict != Status.PASS
    assert bare.bundle.predicate.origin is Origin.FILES
    assert bare.renderings[".md"].count("| NOT TESTED |") > 10


def test_the_forbidden_actions_of_each_agent_are_in_each_format(desk: Desk) -> None:
    (desk.folder / "agents").mkdir()
    content = {
        "stack": STACK,
        "owner": dict.fromkeys(("business", "securityApprover", "dataSteward"), "platform-team"),
        "purpose": "Builds.",
    }
    content |= {"dataClassification": "internal", "until": "2027-03-31"}
    (desk.folder / "agents/builder.yaml").write_text(json.dumps({**content, "forbiddenActions": ["payment", "code-merge"]}))
    (desk.folder / "agents/reader.yaml").write_text(json.dumps(content))
    made = desk.make()
    for kind, text in made.renderings.items():
        assert "payment, code-merge" in text, kind
        assert "does not enforce them" in text, kind
        assert "none recorded" in text or kind == ".csv", kind
    content_of = made.bundle.get_part(PartName.STAKEHOLDERS)
    assert content_of is not None
    assert content_of.content is not None
    assert [one.get("forbiddenActions") for one in content_of.content["agents"]] == ["payment, code-merge", None]


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def make_hostile(desk: Desk) -> MadeBundle:
    (desk.folder / "agents").mkdir()
    owner = {"business": HOSTILE, "securityApprover": f"={HOSTILE}", "dataSteward": 3}
    (desk.folder / "agents/builder.yaml").write_text(json.dumps({"stack": STACK, "owner": owner, "purpose": HOSTILE}))
    return desk.make()


def test_a_hostile_text_acts_in_no_format(desk: Desk) -> None:
    made = make_hostile(desk)
    page = Tags()
    page.feed(made.renderings[".html"])
    assert not page.tags & {"script", "iframe", "img", "link", "object", "form"}
    assert not {name for name in page.attributes if name.startswith("on")} | page.attributes & {"src", "href", "action"}
    assert not re.search(r"url\(|@import|https?://", made.renderings[".html"].partition("</style>")[0])
    assert "default-src &#x27;none&#x27;" in made.renderings[".html"]
    assert "<script" not in made.renderings[".md"]
    for text in made.renderings.values():
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert desk.find_kinds(made.text, made.renderings) == set()


def test_no_cell_is_a_formula(desk: Desk) -> None:
    for row in read_rows(make_hostile(desk)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
    assert defuse_cell("=1+1") == "'=1+1"


def test_every_control_names_claims_that_exist(made: MadeBundle) -> None:
    known = {part.name: {claim.id for claim in part.claims} for part in made.bundle.parts}
    known[PartName.PACK] |= {rule.id for rule in RULES}
    known[PartName.TESTS] |= {f"test-{number}" for number in NAMES}
    known[PartName.THREATS] |= {threat.id for threat in THREATS}
    collected = {
        PartName.OBSERVED,
        PartName.DISCOVERY,
        PartName.DECISIONS,
        PartName.ACTIONS,
        PartName.ATTESTATIONS,
        PartName.STAKEHOLDERS,
    }
    for control in CONTROLS:
        assert bool(control.claims) != bool(control.gap), control.id
        for part, id_ in control.claims:
            found = [one for one in known[part] if one == id_ or (id_.endswith("*") and one.startswith(id_[:-1]))]
            assert found or part in collected, (control.id, part, id_)
    assert len({control.id for control in CONTROLS}) == len(CONTROLS)


def test_a_control_without_its_part_is_not_tested_with_the_reason(bare: MadeBundle) -> None:
    results = {one.control.id: one for one in judge_controls(bare.bundle.parts)}
    assert results["validation-1"].status == Status.NOT_TESTED
    assert "--results" in results["validation-1"].reason
    assert results["four-tools"].status == Status.NOT_TESTED
    assert {one.status for one in results.values() if one.status == Status.PASS} <= {Status.PASS}
    assert all(one.reason for one in results.values() if one.status != Status.PASS)


@pytest.mark.parametrize(
    ("origins", "whole"),
    [
        ([], Origin.FILES),
        ([None, Origin.FILES], Origin.FILES),
        ([Origin.LIVE, Origin.FILES, None], Origin.LIVE),
        ([Origin.LIVE, Origin.SIMULATED], Origin.MIXED),
        ([Origin.LIVE, Origin.UNKNOWN], Origin.UNKNOWN),
        ([Origin.SIMULATED, Origin.UNKNOWN], Origin.MIXED),
        ([Origin.SIMULATED, Origin.SIMULATED], Origin.SIMULATED),
        ([Origin.UNKNOWN], Origin.UNKNOWN),
    ],
)
def test_a_bundle_is_live_only_if_everything_observed_is(origins: list[Origin | None], whole: Origin) -> None:
    assert combine_origins(origins) is whole


def test_the_worst_status_counts_and_none_is_not_tested() -> None:
    assert find_worst([Status.PASS, Status.NOT_TESTED]) == Status.NOT_TESTED
    assert find_worst([Status.PASS, Status.NOT_TESTED, Status.FAIL]) == Status.FAIL
    assert find_worst([Status.PASS]) == Status.PASS
    assert find_worst([]) == Status.NOT_TESTED
