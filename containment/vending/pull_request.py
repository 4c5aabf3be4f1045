"""The pull request of an agent: its branch, its commit subject and its text, for a new agent and for a removed one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from containment.config.open_questions import GATEWAY_TITLE, ROUTES_KEY, find_gateway_question, find_open_questions
from containment.config.spec import ContainmentSpec
from containment.exit_code import Exit
from containment.queries.renderers import markdown
from containment.queries.results import Answer, Section
from containment.vending.agent import Agent
from containment.vending.hosts import SINGLE_HOST
from containment.vending.listing import build_host_rows, build_rows, dump_agent, dump_host
from containment.vending.request import Vended

_LONGEST_SUBJECT: Final = 65


def make_branch_name(name: str, *, removes: bool = False) -> str:
    """Return the name of the branch."""
    return f"vend/{'remove-' if removes else ''}{name}"


def make_subject(agent_name: str, stack: str, *, removes: bool = False) -> str:
    """Return the subject of the commit."""
    verb = "remove" if removes else "vend"
    subject = f"agents: {verb} {agent_name} in {stack}" if stack else f"agents: {verb} {agent_name}"
    return subject if len(subject) <= _LONGEST_SUBJECT else f"agents: {verb} {agent_name}"


def describe_vended(vended: Vended, spec: ContainmentSpec, *, dry_run: bool) -> Answer:
    """Return the answer of `containment vend`; its sections are the text of the pull request."""
    agent = vended.agent
    host = next(one for one in vended.plan.hosts if one.agent == agent)
    kept = vended.is_adopting
    change = (
        f"the stack's single host {SINGLE_HOST!r} becomes this agent's and keeps its instance, role and names; a new stack makes it"
        if kept
        else "one more host with its own role; no step for the stack's other hosts"
    )
    questions = tuple((one.question, " or ".join(key.value for key in one.keys)) for one in find_open_questions(spec))
    gateway = find_gateway_question(spec)
    asked = f"Open questions: until a key of Pulumi.{spec.stack}.yaml is set, no rule permits these destinations of {spec.preset.name}"
    warnings = tuple((one.where, one.what, one.fix) for one in vended.plan.warnings)
    sections = (
        Section(
            "Agent",
            ("field", "value"),
            (
                *build_rows(agent),
                *_build_stack_rows(vended.stack_file, spec),
                *_build_marker_rows(vended.marker),
                *build_host_rows(host),
                ("change", change),
            ),
        ),
        Section("Class", ("field", "value"), _build_class_rows(spec)),
        *((Section(asked, ("question", "key"), questions),) if questions else ()),
        *((Section(GATEWAY_TITLE, ("question", "key"), ((gateway, ROUTES_KEY),)),) if gateway else ()),
        *((Section("Warnings", ("where", "what", "fix"), warnings),) if warnings else ()),
        Section("Before merging", ("step",), _list_steps(spec, is_new=bool(vended.stack_file))),
    )
    subject, branch = make_subject(agent.name, agent.stack), make_branch_name(agent.name)
    state = "would be written" if dry_run else "written"
    *most, last = filter(None, (vended.stack_file, agent.file, vended.marker))
    written = f"{', '.join(most)} and {last}" if most else last
    document: dict[str, Any] = {
        "schema": "containment-vend/v1",
        "agent": dump_agent(agent),
        "file": agent.file,
        "stackFile": vended.stack_file or None,
        "marker": vended.marker or None,
        "written": not dry_run,
        "host": dump_host(host),
        "adoptsSingleHost": kept,
        "openQuestions": [
            {"question": one.question, "permits": list(one.permits), "keys": [key.value for key in one.keys]}
            for one in find_open_questions(spec)
        ],
        "credentialGateway": {"made": spec.credential_gateway is not None, "question": gateway or None},
        "branch": branch,
        "subject": subject,
        "pullRequest": render_text(subject, sections),
    }
    headline = f"{written} {state}; branch {branch}, commit {subject!r}"
    return Answer("vend", headline, Exit.OK, sections, document=document, sections_tell=True)


def describe_removed(name: str, agent: Agent | None, others: Sequence[str], *, dry_run: bool, reason: str = "", marker: str = "") -> Answer:
    """Return the answer of `vend remove`; its sections are the text of the pull request.

    Args:
        name: the agent's name.
        agent: the agent; None where its file cannot be read.
        others: the names of the stack's other agents.
        dry_run: whether the file stays.
        reason: why the agent is removed; "" for none given.
        marker: the file that is added, so that the stack gets no host that no person requested; "" where it has one already.
    """
    stack = agent.stack if agent else ""
    file = f"agents/{name}.yaml"
    rows = build_rows(agent) if agent else (("file", f"{file}, which cannot be read"),)
    effect = f"its host and role are deleted; no step for the hosts of {', '.join(others)}"
    if agent and not others:
        effect = (
            f"it is the last agent of {stack}: its host and role are deleted, and the stack keeps its VPC and policy without a host; "
            f"pulumi destroy --stack {stack} removes these as well"
        )
    if agent is None:
        effect = "its host and role, if the stack has them, are deleted"
    more = (("reason", reason),) if reason else ()
    sections = (Section("Removed agent", ("field", "value"), (*rows, *more, *_build_marker_rows(marker), ("change", effect))),)
    subject, branch = make_subject(name, stack, removes=True), make_branch_name(name, removes=True)
    document = {
        "schema": "containment-vend-remove/v1",
        "agent": dump_agent(agent) if agent else None,
        "file": file,
        "removed": not dry_run,
        "marker": marker or None,
        "isLast": bool(agent) and not others,
        "branch": branch,
        "subject": subject,
        "pullRequest": render_text(subject, sections),
    }
    added = f", {marker} {'would be ' if dry_run else ''}added" if marker else ""
    headline = f"{file} {'would be removed' if dry_run else 'removed'}{added}; branch {branch}, commit {subject!r}"
    return Answer("vend remove", headline, Exit.OK, sections, document=document, sections_tell=True)


def render_text(subject: str, sections: Sequence[Section]) -> str:
    """Return the text of a pull request in Markdown."""
    return markdown.render(Answer("vend", subject, Exit.OK, tuple(sections), sections_tell=True)) + "\n"


def _build_marker_rows(marker: str) -> tuple[tuple[str, str], ...]:
    return (("added file", f"{marker}: without an agent file the stack has no host"),) if marker else ()


def _build_stack_rows(file: str, spec: ContainmentSpec) -> tuple[tuple[str, str], ...]:
    return (
        (("added file", f"{file}: the stack, on {spec.config.vpc_cidr}, which no other stack file of this checkout has"),) if file else ()
    )


def _build_class_rows(spec: ContainmentSpec) -> tuple[tuple[str, str], ...]:
    return (
        ("class", f"{spec.preset.name}: {spec.preset.stance}"),
        ("permits", ", ".join(spec.preset.permits)),
        ("denies", ", ".join(spec.preset.denies) or "everything else"),
        ("mode", spec.mode.value),
    )


def _list_steps(spec: ContainmentSpec, *, is_new: bool) -> tuple[tuple[str], ...]:
    new = "containment fleet plan: the new stack beside the others, and its attachment point in platform/"
    return (
        *(((new,),) if is_new else ()),
        (f"containment plan --stack {spec.stack}: the rules that the agent gets",),
        (f"containment preflight --stack {spec.stack}: the account and the Controller",),
        (f"pulumi preview --stack {spec.stack} --policy-pack policypack: one host more, or the single host renamed, and nothing else",),
    )
