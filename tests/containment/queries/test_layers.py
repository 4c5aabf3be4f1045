"""`prove`, `risk` and `diff` show what processes may write, run and call, not only what the network lets through."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from containment.analysis.proofs import ProofStatus
from containment.exit_code import Exit
from containment.queries.comparison.diff import compare_policies
from containment.queries.comparison.revision import make_pairs
from containment.queries.prove import prove
from containment.queries.risk import describe_risk
from containment.queries.subject.subjects import read_rendering_proofs, read_subject
from containment.renderings.kinds import RenderingKind
from containment.renderings.proofs import RenderingProof
from tests.support.child import REPOSITORY

WHO = {"owner": "platform-team", "reason": "needed by a test"}
SECTION = "Inside the host"


def test_prove_has_a_case_for_every_rendering_and_fails_with_a_wider_one() -> None:
    subject = read_subject("research-enforce", None, {}, REPOSITORY)
    proofs = read_rendering_proofs("research-enforce", {}, REPOSITORY)
    answer = prove(subject, proofs)
    assert answer.exit is Exit.OK
    assert {case.id.partition("-")[0] for case in answer.cases} >= {kind.value for kind in RenderingKind}
    wider = RenderingProof(
        RenderingKind.LAUNCHER, "files-read", "no file", ProofStatus.BROKEN, (("files.readOnly.0", "/etc/shadow can be read"),)
    )
    worse = prove(subject, [*proofs, wider])
    assert worse.exit is Exit.NO
    assert "1 wider than the class" in worse.headline


@pytest.mark.parametrize("verb", ["prove", "risk"])
def test_an_answer_lists_what_processes_may_do(verb: str) -> None:
    subject = read_subject("customer-support-monitor", None, {}, REPOSITORY)
    answer = prove(subject) if verb == "prove" else describe_risk(subject)
    (section,) = [one for one in answer.sections if one.title.startswith(SECTION)]
    acts = {row[0] for row in section.rows}
    assert acts == {"read", "write", "run", "connect", "call"}
    layers: Any = answer.data["layers"]
    assert {"tickets.read", "tickets.draft_reply"} <= set(layers["tasks"][0]["tools"])
    assert all(one["grantedBy"] for one in (*layers["read"], *layers["write"], *layers["programs"], *layers["egress"]))


def change_of(edit: Callable[[dict[str, Any]], None], tmp_path: Path) -> Any:
    """Return the answer for a checkout in which the section of the class research is edited."""
    for name in ("presets", "Pulumi.yaml", "Pulumi.research-enforce.yaml"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    path = tmp_path / "presets" / "research.yaml"
    document = yaml.safe_load(path.read_text())
    edit(document["sandbox"])
    path.write_text(yaml.safe_dump(document))
    after = make_pairs(".", "research-enforce", tmp_path)
    before = make_pairs("research-enforce", "research-enforce", REPOSITORY)
    pair = type(after[0])("research-enforce", before[0].before, after[0].after)
    return compare_policies([pair], "before", "after")


EDITS: dict[str, tuple[Callable[[dict[str, Any]], None], str, str]] = {
    "read": (lambda box: box["read"].append({"path": "/opt/data", **WHO}), "read", "/opt/data can be read"),
    "write": (lambda box: box["write"].append({"path": "/srv/agent", **WHO}), "write", "/srv/agent can be written"),
    "run": (lambda box: box["programs"].append({"path": "/usr/bin/perl", **WHO}), "run", "/usr/bin/perl can be started"),
    "connect": (lambda box: box["programs"][0].update(egress=[{"to": "wg-public-reference"}]), "connect", "/usr/bin/bash can connect"),
    "request": (lambda box: box["programs"][1]["egress"][0]["requests"].append("POST /**"), "connect", "/usr/bin/curl can send POST /"),
    "call": (lambda box: box.update(tasks=[{"name": "t", "tools": ["files.delete"], **WHO}]), "call", "task t can call files.delete"),
}


@pytest.mark.parametrize("name", EDITS)
def test_diff_shows_what_processes_may_newly_do(name: str, tmp_path: Path) -> None:
    edit, layer, shown = EDITS[name]
    answer = change_of(edit, tmp_path)
    assert answer.exit is Exit.NEWLY_ALLOWED
    assert answer.headline.startswith("NEWLY ALLOWED inside the host")
    assert any(one["layer"] == layer and shown in one["example"] for one in answer.data["layers"]), answer.data["layers"]
    assert all(one["grantedBy"].startswith("presets/research.yaml:sandbox.") for one in answer.data["layers"])


def test_diff_of_a_narrower_section_allows_nothing(tmp_path: Path) -> None:
    answer = change_of(lambda box: box["write"].pop(), tmp_path)
    assert answer.exit is Exit.OK
    assert [one["change"] for one in answer.data["layers"]] == ["newly denied"]
    assert "less is permitted inside the host" in answer.headline


def test_equal_sections_are_equal(tmp_path: Path) -> None:
    answer = change_of(lambda box: None, tmp_path)
    assert answer.exit is Exit.OK
    assert answer.headline.startswith("Equal")
    assert answer.data["layers"] == []
