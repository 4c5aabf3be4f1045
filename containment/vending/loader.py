"""Loader of the agent files of a folder; every mistake in every file is reported at once, by file and key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from containment.errors import InputError, Problem
from containment.fixes.nearest_word import make_proposal
from containment.loaders import strict_yaml
from containment.loaders.presets import convert_findings
from containment.vending.agent import (
    FIXES,
    FOLDER,
    MARKER_SUFFIX,
    Agent,
    AgentContent,
    find_agent_name_problem,
    find_deadline_problem,
    make_marker_name,
)

SUFFIX: Final = ".yaml"
_WHY_NAME: Final = "the file's name is the agent's name, and part of the names of its host and role"
_WHY: Final = "an agent whose file cannot be used has neither an owner nor an end"
_IGNORED: Final = ("README.md",)


@dataclass(frozen=True, slots=True)
class AgentFiles:
    """The agent files of a folder.

    Attributes:
        names: the names of all agent files, also of unusable ones.
        agents: the agents whose files are valid, by name.
        problems: every problem, each with the stack of its file; the stack is "" where the file does not name one.
        by_request: the stacks that have no host without an agent (`marker`).
    """

    names: frozenset[str] = frozenset()
    agents: tuple[Agent, ...] = ()
    problems: tuple[tuple[str, Problem], ...] = ()
    by_request: frozenset[str] = frozenset()

    def find_agents(self, stack: str) -> tuple[Agent, ...]:
        """Return the agents of a stack; raise InputError for files that are the stack's, or that may be."""
        own = [problem for named, problem in self.problems if named in ("", stack)]
        if own:
            raise InputError(f"the agents of {stack} cannot be read", own)
        return tuple(agent for agent in self.agents if agent.stack == stack)

    def require_all(self) -> tuple[Agent, ...]:
        """Return the agents of all stacks; raise InputError with every problem."""
        if self.problems:
            raise InputError("agent files cannot be used", [problem for _, problem in self.problems])
        return self.agents


def read_agents(folder: Path = Path()) -> AgentFiles:
    """Return the agent files of a folder with Pulumi.yaml, in the order of their names; none where `agents/` does not exist."""
    place = folder / FOLDER
    agents, problems = list[Agent](), list[tuple[str, Problem]]()
    try:
        paths = sorted(place.iterdir())
    except FileNotFoundError:
        return AgentFiles()
    except OSError as error:
        what, fix = strict_yaml.explain_error(error)
        what = "is a file, not a folder" if isinstance(error, NotADirectoryError) else what
        return AgentFiles(problems=(("", Problem(FOLDER, what, _WHY, fix)),))
    for path in paths:
        if path.name in _IGNORED or path.name.startswith(".") or path.suffix == MARKER_SUFFIX:
            continue
        found, stack, mistakes = _read_agent(path)
        problems += [(stack, mistake) for mistake in mistakes]
        agents += [found] if found is not None and not mistakes else []
    names = frozenset(path.stem for path in paths if path.suffix == SUFFIX)
    marked = frozenset(path.stem for path in paths if path.suffix == MARKER_SUFFIX and not path.name.startswith("."))
    return AgentFiles(names, tuple(agents), tuple(problems), marked)


def find_unknown_stacks(files: AgentFiles, stacks: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each agent or marker whose stack has no file: it would silently have no effect."""
    for agent in files.agents:
        if agent.stack not in stacks:
            fix = make_proposal(agent.stack, sorted(stacks), f"add Pulumi.{agent.stack}.yaml, or name a stack that has a file")
            yield Problem(f"{agent.file}:stack", f"names {agent.stack}, which has no stack file", "the agent has no host", fix)
    for stack in sorted(files.by_request - set(stacks)):
        fix = make_proposal(stack, sorted(stacks), "remove it with the stack")
        yield Problem(
            make_marker_name(stack), f"names {stack}, which has no stack file", "the stack that is meant keeps a single host", fix
        )


def _read_agent(path: Path) -> tuple[Agent | None, str, list[Problem]]:
    """Return the agent of a file, None where it is not valid; the stack that the file names; and every problem."""
    where = f"{FOLDER}/{path.name}"
    if path.suffix != SUFFIX:
        return None, "", [Problem(where, "is not an agent file", _WHY_NAME, f"name it {FOLDER}/NAME{SUFFIX}, or move it elsewhere")]
    problems = []
    if wrong := find_agent_name_problem(path.stem):
        what, fix = wrong
        problems.append(Problem(where, f"the name {path.stem!r} {what}", _WHY_NAME, f"rename the file: {fix}"))
    try:
        document = strict_yaml.read(path)
    except (OSError, ValueError) as error:
        what, fix = strict_yaml.explain_error(error)
        return None, "", [*problems, Problem(where, f"cannot be read: {what.removeprefix('cannot be read: ')}", _WHY, fix)]
    agent, stack, mistakes = parse_agent(path.stem, document)
    return agent, stack, [*problems, *mistakes]


def parse_agent(name: str, document: Any) -> tuple[Agent | None, str, list[Problem]]:
    """Return the agent of a parsed document, the stack that it names ("" for none), and every problem.

    Args:
        name: the agent's name.
        document: the parsed content of the file.
    """
    where = f"{FOLDER}/{name}{SUFFIX}"
    if not isinstance(document, dict):
        what = "is empty" if document is None else "is not a mapping of keys to values"
        return None, "", [Problem(where, what, _WHY, f"write it with containment vend {name}, or remove it")]
    problems = []
    if "name" in document:
        fix = f"remove it, or rename the file to {document['name']}{SUFFIX}"
        problems.append(Problem(f"{where}:name", f"is set (is {document['name']!r})", _WHY_NAME, fix))
    stack = document.get("stack") if isinstance(document.get("stack"), str) else ""
    try:
        content = AgentContent.model_validate({key: value for key, value in document.items() if key != "name"})
    except ValidationError as error:
        mistakes = (_complete_fix(one, one.where.removeprefix(f"{where}:")) for one in convert_findings(where, error, AgentContent))
        return None, str(stack), [*problems, *mistakes]
    if wrong := find_deadline_problem(content):
        key, what, fix = wrong
        problems.append(Problem(f"{where}:{key}", what, "a place that ends needs one end, within the time that its owner agreed to", fix))
        return None, content.stack, problems
    return Agent(name=name, **{key: getattr(content, key) for key in AgentContent.model_fields}), content.stack, problems


def _complete_fix(problem: Problem, key: str) -> Problem:
    """Return the problem with the fix of a required key, where the key is not set."""
    return problem._replace(fix=FIXES[key]) if key in FIXES and problem.what.startswith(("is not set", "is empty")) else problem
