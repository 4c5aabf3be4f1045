"""`containment enforce` and `containment rollback`: change a stack from monitor to enforce if the evidence permits it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from containment.cli.common import get_user_name, refuse_usage
from containment.cli.options import Folder, Reason, StackArgument, TableIn, print_answer
from containment.exit_code import Exit
from containment.input_reader import InputReader
from containment.names import PolicyMode
from containment.queries.results import Answer, Case, Section

if TYPE_CHECKING:
    from containment.config.stack_name import StackName
    from containment.lifecycle.judgement import Judgement
    from containment.lifecycle.transition import Step


class Place(StrEnum):
    """Where the change of mode is applied at once."""

    LAB = "lab"


StackFile = Annotated[Path | None, typer.Option("--stack-file", help="The stack's file, if it is in another folder.")]
Apply = Annotated[Place | None, typer.Option("--apply", help="Run the steps now, in the lab.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Requester; by default the user's name.")]


@print_answer(TableIn)
def enforce(
    stack: StackArgument,
    evidence: Annotated[Path, typer.Option("--evidence", help="The output of `containment observe --json`.")],
    dismissed: Annotated[Path | None, typer.Option("--dismissed", help="File of names that stay denied, one per line.")] = None,
    min_days: Annotated[int, typer.Option("--min-days", min=1, help="Days with traffic that are needed.")] = 7,
    min_sessions: Annotated[int, typer.Option("--min-sessions", min=1, help="Sessions that are needed.")] = 20,
    max_rejected: Annotated[int, typer.Option("--max-rejected", min=0, help="Maximum of unreadable lines that have decisions.")] = 0,
    reason: Reason = "",
    by: By = None,
    apply: Apply = None,
    stack_file: StackFile = None,
    folder: Folder = Path(),
) -> Answer:
    """Change a stack to enforce mode if its evidence permits it.

    The command is refused, with every reason at once, while a destination that would be denied is neither promoted nor dismissed, the
    window is too short, the logs have a gap or do not show what would be denied, or the evidence is of another stack or policy. A stack
    without a mode in its name changes in place: its file is set to enforce. A stack named <class>-monitor moves to <class>-enforce, which
    is up before <class>-monitor is destroyed.
    """
    from containment.lifecycle.decisions import find_dismissed, find_listed_problem, find_mode_problem, read_dismissed, record_change
    from containment.lifecycle.judgement import Limits, judge_evidence
    from containment.lifecycle.transition import (
        check_enforced,
        find_twin_problems,
        list_steps_in_place,
        list_steps_of_move,
        run_steps,
        set_mode,
    )
    from containment.loaders.stack_file import read_stack
    from containment.observe.evidence import read_evidence
    from containment.policy.builder import build_ruleset
    from containment.record.decision import DecisionKind
    from containment.record.digests import digest_ruleset
    from containment.record.gate import load_record
    from containment.record.subjects import build_enforce_subject

    reader = InputReader("enforce mode cannot be judged")
    folder = _read_folder(reader, stack, stack_file, folder)
    is_found = not reader.has_errors
    limits = Limits(min_days, min_sessions, max_rejected)
    recorded = reader.read(lambda: load_record(folder))
    pending, observed = reader.read(lambda: read_stack(stack, folder=folder)), reader.read(lambda: read_evidence(evidence))
    if dismissed is not None:
        reader.read(lambda: read_dismissed(dismissed))
    spec, name = pending.value if pending.is_read else None, _parse_name(stack)
    if is_found and spec is not None and spec.mode is PolicyMode.ENFORCE:
        return _build_unchanged("enforce", stack, "enforce", list_steps_in_place(stack))
    reader.require()
    assert spec is not None, "a stack that cannot be read raises"
    found, evidence_digest = observed.value
    record, now, agent_class = recorded.value, datetime.now(UTC), spec.config.agent_class
    unsigned = find_listed_problem(record, stack, agent_class, dismissed)
    left_denied = read_dismissed(None if unsigned else dismissed)
    left_denied |= find_dismissed(record, stack, agent_class, {one.name for one in found.would_be_denied}, now)
    judgement = judge_evidence(
        spec,
        build_ruleset(spec),
        found,
        file=str(evidence),
        dismissed=left_denied,
        limits=limits,
        now=now,
    )
    problems = [*judgement.reasons, *([unsigned] if unsigned else [])]
    moves = name.mode is not None
    unfit = find_twin_problems(spec, name, PolicyMode.ENFORCE, folder) if moves else []
    problems += unfit
    subject: dict[str, Any] = {}
    if not unfit:  # without a fit twin there is nothing to decide about
        target = check_enforced(spec, name, folder)
        subject = build_enforce_subject(target.stack, digest_ruleset(build_ruleset(target)), evidence_digest)
        undecided = find_mode_problem(record, DecisionKind.ENFORCE, target.stack, agent_class, subject, now, evidence=evidence)
        problems += [undecided] if undecided else []
    if problems:
        return _build_refusal(stack, judgement, problems, limits.days, limits.sessions)
    why = reason or "the evidence is settled"
    asked = by or get_user_name()
    record_change(record, DecisionKind.ENFORCE, target.stack, agent_class, subject, by=asked, reason=why, folder=folder, now=now)
    steps = list_steps_of_move(name, PolicyMode.ENFORCE) if moves else list_steps_in_place(stack)
    changed = not moves and set_mode(folder / f"Pulumi.{stack}.yaml", PolicyMode.ENFORCE)
    if apply is Place.LAB:
        run_steps(steps, folder, _announce)
    document = {
        **_build_document("enforce", stack, "granted", steps, changed=changed, applied=apply is not None),
        "subject": subject,
        "promoted": list(judgement.promoted),
        "dismissed": list(judgement.dismissed),
        "notes": list(judgement.notes),
        "minDays": limits.days,
        "minSessions": limits.sessions,
        "reason": why,
        "by": asked,
    }
    what = f"moves to {name.replace_mode(PolicyMode.ENFORCE)}" if moves else f"Pulumi.{stack}.yaml has policyMode: enforce"
    head = f"GRANTED: {stack}: {len(judgement.promoted)} destinations promoted, {len(judgement.dismissed)} dismissed; {what}"
    head += f" (at least {limits.days} days and {limits.sessions} sessions)"
    return _build_answer("enforce", head, steps, document, judgement.notes, applied=apply is not None)


@print_answer(TableIn)
def rollback(
    stack: StackArgument,
    reason: Reason,
    by: By = None,
    apply: Apply = None,
    stack_file: StackFile = None,
    folder: Folder = Path(),
) -> Answer:
    """Change a stack back to monitor mode, with a reason.

    A stack without a mode in its name changes in place: its file is set to monitor. A stack named <class>-enforce moves back to
    <class>-monitor, which is up before <class>-enforce is destroyed.
    """
    from containment.fixes.words import has_word
    from containment.lifecycle.decisions import find_mode_problem, record_change
    from containment.lifecycle.transition import find_twin_problems, list_steps_in_place, list_steps_of_move, run_steps, set_mode
    from containment.loaders.stack_file import read_stack
    from containment.record.decision import DecisionKind
    from containment.record.gate import load_record

    def check_reason() -> None:
        if not has_word(reason):
            refuse_usage("--reason", f"is no reason in words ({reason!r})", "it is kept in the record of decisions", "write --reason TEXT")

    reader = InputReader("the stack cannot go back to monitor mode")
    folder = _read_folder(reader, stack, stack_file, folder)
    reader.read(check_reason)
    recorded = reader.read(lambda: load_record(folder))
    found = reader.read(lambda: read_stack(stack, folder=folder))
    reader.require()
    spec, name = found.value, _parse_name(stack)
    if spec.mode is PolicyMode.MONITOR:
        return _build_unchanged("rollback", stack, "monitor", list_steps_in_place(stack))
    moves = name.mode is not None
    problems = find_twin_problems(spec, name, PolicyMode.MONITOR, folder) if moves else []
    record, now, agent_class = recorded.value, datetime.now(UTC), spec.config.agent_class
    subject: dict[str, Any] = {"stack": stack, "mode": "monitor"}
    undecided = find_mode_problem(record, DecisionKind.ROLLBACK, stack, agent_class, subject, now)
    problems += [undecided] if undecided else []
    if problems:
        return _build_refusal(stack, None, problems, 0, 0, verb="rollback")
    if not moves:
        read_stack(stack, {"policyMode": PolicyMode.MONITOR.value}, folder)
    asked = by or get_user_name()
    record_change(record, DecisionKind.ROLLBACK, stack, agent_class, subject, by=asked, reason=reason, folder=folder, now=now)
    steps = list_steps_of_move(name, PolicyMode.MONITOR) if moves else list_steps_in_place(stack)
    changed = not moves and set_mode(folder / f"Pulumi.{stack}.yaml", PolicyMode.MONITOR)
    if apply is Place.LAB:
        run_steps(steps, folder, _announce)
    document = {
        **_build_document("rollback", stack, "granted", steps, changed=changed, applied=apply is not None),
        "subject": subject,
        "reason": reason,
        "by": asked,
    }
    what = f"moves to {name.replace_mode(PolicyMode.MONITOR)}" if moves else f"Pulumi.{stack}.yaml has policyMode: monitor"
    return _build_answer("rollback", f"{stack}: {what}: {reason}", steps, document, (), applied=apply is not None)


def _parse_name(stack: str) -> StackName:
    from containment.config.stack_name import parse_stack_name
    from containment.loaders.presets import find_class_names

    return parse_stack_name(stack, find_class_names())


def _read_folder(reader: InputReader, stack: str, stack_file: Path | None, folder: Path) -> Path:
    """Return the folder of the stack's file; a --stack-file of another stack is one of the reader's mistakes."""
    if stack_file is None:
        return folder
    reader.read(lambda: _check_stack_file(stack, stack_file))
    return stack_file.parent


def _check_stack_file(stack: str, stack_file: Path) -> None:
    if stack_file.name != f"Pulumi.{stack}.yaml":
        refuse_usage(
            "--stack-file",
            f"has the name {stack_file.name}",
            f"the file of {stack} is Pulumi.{stack}.yaml",
            f"give --stack-file {stack_file.with_name(f'Pulumi.{stack}.yaml')}, or another stack",
        )


def _announce(line: str) -> None:
    typer.echo(line, err=True)


def _build_document(verb: str, stack: str, verdict: str, steps: Sequence[Step], *, changed: bool, applied: bool) -> dict[str, Any]:
    listed = [{"what": one.what, "command": one.command, "lab": " ".join(("containment", *one.lab)) if one.lab else ""} for one in steps]
    return {"schema": f"containment-{verb}/v1", "stack": stack, "verdict": verdict, "changed": changed, "applied": applied, "steps": listed}


def _build_unchanged(verb: str, stack: str, mode: str, steps: Sequence[Step]) -> Answer:
    document = _build_document(verb, stack, "unchanged", steps, changed=False, applied=False)
    head = f"{stack} is configured for {mode} already: nothing changed, and nothing was applied"
    return _build_answer(verb, head, steps, document, (), applied=False)


def _build_refusal(
    stack: str, judgement: Judgement | None, problems: Sequence[Any], days: int, sessions: int, *, verb: str = "enforce"
) -> Answer:
    from containment.preflight.finding import Status

    document = {
        **_build_document(verb, stack, "refused", (), changed=False, applied=False),
        "reasons": [{"where": one.where, "what": one.what, "why": one.why, "fix": one.fix} for one in problems],
    }
    if judgement is not None:
        document |= {
            "open": list(judgement.open),
            "promoted": list(judgement.promoted),
            "dismissed": list(judgement.dismissed),
            "notes": list(judgement.notes),
            "minDays": days,
            "minSessions": sessions,
        }
    rows = tuple((one.where, one.what, one.why, one.fix) for one in problems)
    needed = f" (needs {days} days and {sessions} sessions)" if judgement is not None else ""
    return Answer(
        verb=verb,
        headline=f"REFUSED: {stack}: {len(problems)} reason{'s' if len(problems) > 1 else ''}{needed}; nothing changed",
        exit=Exit.NO,
        sections=(Section("Reasons", ("where", "what", "why", "fix"), rows),),
        cases=tuple(Case(one.where, one.what, Status.FAIL, one.where, f"{one.why}; {one.fix}") for one in problems),
        assumptions=judgement.notes if judgement is not None else (),
        sections_tell=True,
        document=document,
    )


def _build_answer(
    verb: str, headline: str, steps: Sequence[Step], document: dict[str, Any], notes: Sequence[str], *, applied: bool
) -> Answer:
    rows = tuple(
        (str(place), one.what, one.command, " ".join(("containment", *one.lab)) if one.lab else "") for place, one in enumerate(steps, 1)
    )
    title = "Steps done in the lab" if applied else "Steps to apply it, in this order"
    sections = (Section(title, ("step", "what", "on AWS", "in the lab"), rows),)
    return Answer(verb=verb, headline=headline, exit=Exit.OK, sections=sections, assumptions=tuple(notes), document=document)
