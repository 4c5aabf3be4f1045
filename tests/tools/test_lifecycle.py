"""docs/lifecycle.md and the script behind `make lifecycle` are the same commands in the same order."""

from __future__ import annotations

import shlex
from pathlib import Path

from containment.cli.help.exit_codes import HELP_ENDS
from tools.lifecycle import ATTACKER, FAILS, MOVE_STEPS, REPOSITORY, SHIPPED, STACK, STEPS, TWIN, make_workplace, render_steps

PAGE = REPOSITORY / "docs" / "lifecycle.md"


def test_the_page_has_the_steps_of_the_script_in_order() -> None:
    assert render_steps(STEPS) in PAGE.read_text()


def test_the_life_begins_with_a_request_and_ends_with_evidence_that_verifies() -> None:
    words = [shlex.split(step.command) for step in STEPS]
    verbs = [" ".join(said[1:3]) if said[1] == "evidence" else said[1] for said in words if said[0] == "containment" and said[1] != "lab"]
    assert verbs[0] == "vend"
    assert verbs[-3:] == ["attest", f"evidence {STACK}", "evidence verify"]
    assert [step.code for step, said in zip(STEPS, words, strict=True) if said[1] in ("attest", "evidence")] == [0, 12, 0]


def test_the_sequence_refuses_before_it_grants_and_verifies_last() -> None:
    words = [shlex.split(step.command) for step in STEPS]
    ends = [step.code for step, said in zip(STEPS, words, strict=True) if said[1] == "enforce"]
    assert (ends[:-1], ends[-1]) == ([10, 10], 0)
    verbs = [said[1] for said in words if said[0] == "containment"]
    assert verbs.index("observe") < verbs.index("enforce") < verbs.index("promote") < verbs.index("audit")
    assert "enforce" in HELP_ENDS


def test_the_workplace_has_a_stack_without_a_mode_on_a_free_network(tmp_path: Path) -> None:
    make_workplace(tmp_path)
    text = (tmp_path / f"Pulumi.{STACK}.yaml").read_text()
    others = "".join(path.read_text() for path in tmp_path.glob("Pulumi.*.yaml") if path.name != f"Pulumi.{STACK}.yaml")
    assert "vpcCidr: 10.77.0.0/16" in text
    assert "10.77.0.0/16" not in others


def test_the_move_shows_the_new_host_at_work_and_the_old_one_gone() -> None:
    words = [(shlex.split(step.command), step.code) for step in MOVE_STEPS]
    moved = next(place for place, (said, _) in enumerate(words) if "--apply" in said)
    visits = {(said[said.index("--stack") + 1], said[-1]): code for said, code in words[moved:] if said[1:3] == ["lab", "run"]}
    assert visits[TWIN, f"https://{ATTACKER}/"] == FAILS
    assert {code for (stack, name), code in visits.items() if stack == TWIN and ATTACKER not in name} == {0}
    assert {code for (stack, _), code in visits.items() if stack == SHIPPED} == {FAILS}
