"""`fleet reap`: the pull request that removes the files of ended agents, and keeps their stacks without an unrequested host.

The branch is made from the current commit with git's plumbing, in a temporary index: neither the checkout nor its current branch
changes, so nothing is removed before the pull request is merged.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.exit_code import Exit
from containment.fleet.backend import Deployment
from containment.fleet.checks import FleetFacts
from containment.git import run_git
from containment.preflight.finding import Status
from containment.queries.renderers import markdown
from containment.queries.results import Answer, Case, Section
from containment.vending.agent import FOLDER, Agent, build_marker, make_marker_name

_WHY: Final = "the commit must remove the files of ended agents, mark their stacks, and change nothing else"


def propose_removal(facts: FleetFacts, deployments: Mapping[str, Deployment], today: date, *, writes: bool) -> Answer:
    """Return the pull request that removes ended agents, with its branch if `writes`.

    The exit code is NOTHING without an ended agent, and NO while an agent file cannot be read: whether it has ended is unknown.

    Raises:
        InputError: git cannot make the branch; nothing was written.
    """
    ended = [agent for agent in facts.agents if not agent.is_active(today)]
    unread = [one for one in facts.problems if one.where.startswith(FOLDER)]
    cases = tuple(Case("agents", one.what, Status.FAIL, one.where, one.fix) for one in unread)
    if not ended:
        data: dict[str, Any] = {"agents": [], "markers": [], "branch": None, "commit": None, "pullRequest": None}
        head = f"{len(facts.agents)} agents, none has ended" + (f"; {len(unread)} files cannot be read" if unread else "")
        return Answer("fleet-reap", head, Exit.NO if unread else Exit.NOTHING, cases=cases, data=data)
    branch, subject = make_branch_name(ended, today), make_subject(ended)
    markers = {make_marker_name(one): build_marker(one) for one in sorted({agent.stack for agent in ended} - facts.by_request)}
    sections = build_sections(ended, deployments, today, markers)
    text = markdown.render(Answer("fleet-reap", subject, Exit.OK, sections, sections_tell=True)) + "\n"
    commit = commit_removal(facts.folder, branch, [agent.file for agent in ended], subject, text, markers) if writes else None
    names = ", ".join(agent.name for agent in ended)
    after = f"branch {branch} removes them: push it and open the pull request" if commit else f"--write makes the branch {branch}"
    return Answer(
        verb="fleet-reap",
        headline=f"{len(ended)} ended: {names}; {after}",
        exit=Exit.NO if unread else Exit.OK,
        sections=sections,
        cases=cases,
        data={
            "agents": [{"name": one.name, "file": one.file, "stack": one.stack, "until": one.until.isoformat()} for one in ended],
            "markers": list(markers),
            "branch": branch,
            "commit": commit,
            "pullRequest": {"subject": subject, "text": text},
        },
    )


def make_branch_name(ended: Sequence[Agent], today: date) -> str:
    """Return the branch of a removal: the day, and a digest of the files."""
    digest = hashlib.sha256("\n".join(sorted(agent.file for agent in ended)).encode()).hexdigest()[:8]
    return f"reap/{today}-{digest}"


def make_subject(ended: Sequence[Agent]) -> str:
    """Return the subject of the commit."""
    one = f"agents: remove {ended[0].name}, which has ended"
    return one if len(ended) == 1 and len(one) <= 65 else f"agents: remove {len(ended)} that have ended"


def build_sections(
    ended: Sequence[Agent], deployments: Mapping[str, Deployment], today: date, markers: Iterable[str] = ()
) -> tuple[Section, ...]:
    """Return the tables of the pull request: the agents, the files that are added, and the stacks to deploy after the merge."""
    added = tuple((one,) for one in markers)
    rows = tuple((one.name, one.file, one.stack, str(one.until), str((today - one.until).days)) for one in ended)
    stacks = sorted({one.stack for one in ended})
    after = tuple(
        (stack, f"{deployments[stack].hosts} deployed" if stack in deployments else "not deployed", f"containment fleet up {stack}")
        for stack in stacks
    )
    return (
        Section("Agents that have ended", ("agent", "file", "stack", "until", "days ago"), rows, ("days ago",)),
        *((Section("Added files: without an agent file the stack has no host", ("file",), added),) if added else ()),
        Section("After the merge", ("stack", "hosts", "command"), after),
    )


def commit_removal(folder: Path, branch: str, files: Sequence[str], subject: str, text: str, added: Mapping[str, str]) -> str:
    """Make a branch whose one commit removes and adds files, and return the commit's id; raise InputError if git cannot.

    Running again on the same commit is a no-op; a branch of this name that changes something else is refused.

    Args:
        folder: the project's folder, in a checkout.
        branch: the branch.
        files: the files to remove, as paths inside of the folder.
        subject: the subject of the commit.
        text: the body of the commit.
        added: the text of the files to add, by path; a file that the current commit has is not changed.
    """
    head = _run_git(folder, "rev-parse", "--verify", "HEAD^{commit}")
    with tempfile.TemporaryDirectory() as aside:
        index = {"GIT_INDEX_FILE": str(Path(aside) / "index")}
        _run_git(folder, "read-tree", head, environment=index)
        _run_git(folder, "rm", "--cached", "--quiet", "--", *files, environment=index)
        for path, content in added.items():
            if not _run_git(folder, "ls-tree", "--name-only", head, "--", path):
                source = Path(aside) / "content"
                source.write_text(content, encoding="utf-8")
                blob = _run_git(folder, "hash-object", "-w", "--no-filters", "--", str(source))
                where = f"{_run_git(folder, 'rev-parse', '--show-prefix')}{path}"
                _run_git(folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},{where}", environment=index)
        tree = _run_git(folder, "write-tree", environment=index)
    if existing := _find_branch(folder, branch):
        if _run_git(folder, "rev-parse", f"{existing}^{{tree}}") == tree:
            return existing
        problem = Problem(f"branch {branch}", "exists and changes something else", _WHY, f"git branch -D {branch}, then run it again")
        raise InputError("no branch is made", [problem])
    commit = _run_git(folder, "commit-tree", tree, "-p", head, "-m", subject, "-m", text)
    _run_git(folder, "update-ref", f"refs/heads/{branch}", commit, "")
    return commit


def _find_branch(folder: Path, branch: str) -> str | None:
    done = run_git(folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
    return done.stdout.strip() or None


def _run_git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Return what git prints; raise InputError with its message if it fails."""
    done = run_git(folder, *arguments, environment=environment)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split()) or f"ended with {done.returncode}"
        fix = "run it in a clone in which the agent files are committed, with user.name and user.email set"
        raise InputError("no branch is made", [Problem(f"git {arguments[0]}", said, _WHY, fix)])
    return done.stdout.strip()
