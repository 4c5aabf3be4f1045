"""The pull request of a promotion: branch name, commit subject, text in Markdown, and the branch, made with git in a clean checkout."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.git import run_git
from containment.promotion.file_change import FileChange
from containment.promotion.judgement import Judgement
from containment.promotion.observations import Observation
from containment.promotion.request import Request
from containment.queries.renderers import markdown
from containment.queries.results import Answer, Section

_LONGEST_SUBJECT: Final = 65
_LONGEST_SLUG: Final = 40


def make_branch_name(request: Request, change: FileChange) -> str:
    """Return a branch name: the target, the first destination, and a digest of everything that is written."""
    slug = re.sub(r"[^a-z0-9]+", "-", str(change.written[0]["name"]).lower()).strip("-")[:_LONGEST_SLUG]
    digest = hashlib.sha256(json.dumps(list(change.written), sort_keys=True).encode()).hexdigest()[:8]
    return f"promote/{request.stack or request.set_name}/{slug}-{digest}"


def make_commit_subject(request: Request, change: FileChange) -> str:
    """Return the subject of the commit."""
    names = [str(one["name"]) for one in change.written]
    for subject in (
        f"{request.stack or request.set_name}: permit {names[0]}" if len(names) == 1 else "",
        f"permit {len(names)} destinations",
    ):
        if 0 < len(subject) <= _LONGEST_SUBJECT:
            return subject
    raise AssertionError("the last form is short")


def build_sections(
    request: Request, change: FileChange, judgement: Judgement, observations: Sequence[Observation] | None, notes: Sequence[str]
) -> tuple[Section, ...]:
    """Return the tables of a promotion: what, who, why, until, warnings, observations, semantic difference, change in blast radius.

    Args:
        request: the request.
        change: the changed file.
        judgement: what the change opens.
        observations: what the evidence has about each destination, None without evidence.
        notes: warnings for the reviewer.
    """
    target = f"catalog set {request.set_name}" if request.set_name else f"stack {request.stack}, key {request.key}"
    rows = (
        ("destinations", "\n".join(str(one["name"]) for one in change.written)),
        ("file", f"{change.name} ({target})"),
        ("owner", request.owner),
        ("reason", request.reason),
        ("function", request.function or request.reason),
        ("ticket", request.ticket or "none given"),
        ("until", request.until),
        ("stacks", ", ".join(judgement.stacks) or "none: no stack uses the set"),
    )
    return (
        Section("Entries", ("field", "value"), rows),
        *((Section("Warnings", ("warning",), tuple((note,) for note in notes)),) if notes else ()),
        _build_observed(observations),
        _build_difference_summary(judgement),
        *judgement.difference.sections,
        _build_risk(judgement),
    )


def render_pull_request(request: Request, change: FileChange, sections: Sequence[Section]) -> str:
    """Return the text of the pull request in Markdown."""
    answer = Answer("promote", make_commit_subject(request, change), Exit.OK, tuple(sections), sections_tell=True)
    return markdown.render(answer) + "\n"


def _build_observed(found: Sequence[Observation] | None) -> Section:
    if found is None:
        return Section("Observed", ("result",), (("NOT TESTED: no evidence was given (--evidence FILE)",),))
    rows = tuple(
        (
            one.name,
            str(one.count),
            one.first_seen.isoformat() if one.first_seen else "-",
            one.last_seen.isoformat() if one.last_seen else "-",
            _format_bytes(one.bytes_out),
            _format_bytes(one.bytes_in),
            ", ".join(one.agents) or "-",
            ", ".join(one.flags) or "-",
        )
        for one in found
    )
    columns = ("name", "count", "first seen", "last seen", "bytes out", "bytes in", "agents", "flags")
    return Section("Observed", columns, rows, ("agents", "flags", "bytes in", "bytes out"))


def _build_difference_summary(judgement: Judgement) -> Section:
    headline = judgement.difference.headline.replace(f"; exit code {int(Exit.NEWLY_ALLOWED)}", "")
    compared = [headline] if judgement.stacks else ["no stack uses the set, so no flow changes"]
    rules = [one.describe() for one in judgement.chains]
    unknown = dict.fromkeys(text for one in judgement.chains for text in one.assumptions)
    rows = (*compared, *rules, *(f"assumed: {text}" for text in unknown), *(f"NOT TESTED: {text}" for text in judgement.not_compared))
    return Section("Semantic difference", ("result",), tuple((text,) for text in rows))


def _build_risk(judgement: Judgement) -> Section:
    if not judgement.risk:
        left = ", except for the stacks that are not compared" if judgement.not_compared else ""
        return Section("Change in blast radius", ("result",), ((f"none: a compromised agent can do the same as before{left}",),))
    rows = tuple((one.stack, "added" if one.is_added else "removed", one.kind, one.rule, one.through, one.remark) for one in judgement.risk)
    return Section("Change in blast radius", ("stack", "change", "ability", "rule", "through", "remark"), rows, ("rule", "remark"))


def _format_bytes(count: int | None) -> str:
    return "not known" if count is None else str(count)


def require_clean_checkout(folder: Path, branch: str) -> None:
    """Raise InputError unless the folder is in a checkout without changes that has no such branch yet; untracked files are left alone."""
    top = run_git(folder, "rev-parse", "--show-toplevel")
    problems = []
    if top.returncode:
        problems.append(_make_problem("--branch", f"{folder.resolve()} is in no git checkout", "run it in a clone, or leave --branch out"))
    else:
        changed = run_git(folder, "status", "--porcelain", "--untracked-files=no").stdout.splitlines()
        if changed:
            some = ", ".join(line[3:] for line in changed[:5]) + (" and more" if len(changed) > 5 else "")
            problems.append(_make_problem("--branch", f"the checkout has changes: {some}", "commit them, or leave --branch out"))
        if not run_git(folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").returncode:
            problems.append(_make_problem("--branch", f"{branch} exists already", f"git branch -D {branch}, or use that branch"))
    if problems:
        raise InputError("no branch is made", problems)


def commit_on_branch(folder: Path, branch: str, paths: list[Path], subject: str, body: str) -> str:
    """Make a branch with one commit of the changed files, and return the commit's id; raise InputError if git fails."""
    _require(run_git(folder, "switch", "--create", branch))
    names = [str(path.resolve()) for path in paths]
    _require(run_git(folder, "add", "--", *names))
    _require(run_git(folder, "commit", "--quiet", "--message", subject, "--message", body, "--", *names))
    return _require(run_git(folder, "rev-parse", "HEAD")).strip()


def _require(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split()) or f"ended with {done.returncode}"
        fix = "correct it, and commit the changed file by hand: the entry is written"
        raise InputError("git failed", [_make_problem(" ".join(done.args[3:5]), said, fix)])
    return done.stdout


def _make_problem(where: str, what: str, fix: str) -> Problem:
    return Problem(where, what, "the commit must contain the promotion and nothing else", fix)
