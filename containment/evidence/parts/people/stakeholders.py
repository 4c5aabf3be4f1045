"""Part `stakeholders`: who owns each agent of the stack, until when, and what it must not do, from `agents/<name>.yaml`.

A forbidden action is a promise of the agent's owner. The network sees destinations and not actions, so such a claim is never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from containment.errors import InputError, Problem
from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import ContentModel, PartForm, join_reasons, make_claim, make_yes_or_no, parse_content
from containment.evidence.parts.policy.configuration import ConfigurationContent
from containment.fixes.words import has_word
from containment.loaders import strict_yaml
from containment.preflight.finding import Status
from containment.record.digests import digest_bytes
from containment.vending.agent import FOLDER, NOT_ENFORCED
from containment.vending.loader import parse_agent

ROLES: Final = {"business": "a business owner", "securityApprover": "a security approver", "dataSteward": "a data steward"}
_FACTS: Final = ("purpose", "dataClassification", "forbiddenActions", "until")


class AgentContent(ContentModel):
    """One agent; a role that is not set is None, and `problems` are those that keep the file from making a host.

    `forbidden_actions` are separated by commas; empty if the file has none.
    """

    name: str
    owner: dict[str, Any]
    until: date | None = None
    forbidden_actions: str = ""
    problems: tuple[str, ...]


class StakeholdersContent(ContentModel):
    """The facts that the judges read."""

    agents: tuple[AgentContent, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the owners of the stack's agents; raises InputError for a file that cannot be read."""
    agents, sources, problems = [], [], []
    for path in sorted((inputs.folder / FOLDER).glob("*.yaml")):
        try:
            raw = path.read_bytes()
            document = strict_yaml.load(raw.decode("utf-8"))
        except (OSError, ValueError) as error:
            what, fix = strict_yaml.explain_error(error)
            problems.append(Problem(f"{FOLDER}/{path.name}", what, "its agent's owner is unknown", fix))
            continue
        if isinstance(document, dict) and document.get("stack") == inputs.stack:
            agents.append(_describe_agent(path.stem, document))
            sources.append(Source(file=f"{FOLDER}/{path.name}", digest=digest_bytes(raw)))
    if problems:
        raise InputError("evidence cannot be collected", problems)
    if not agents:
        return Collected(None, f"no file in {FOLDER}/ is of this stack")
    return Collected({"agents": agents}, sources=tuple(sources))


def _describe_agent(name: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return an agent as facts: what its file sets, and its problems."""
    agent, _, problems = parse_agent(name, document)
    owner = document.get("owner")
    named = {role: owner.get(role) for role in ROLES} if isinstance(owner, dict) else dict.fromkeys(ROLES)
    facts: dict[str, str | None] = {key: _make_text(document[key]) for key in _FACTS if document.get(key)}
    facts["until"] = agent.until.isoformat() if agent else None
    owners = {role: value if isinstance(value, str) else None for role, value in named.items()}
    return {"name": name, "owner": owners, **facts, "problems": [f"{one.where} {one.what}" for one in problems]}


def _make_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims about each agent: its owners, its file, its end and its forbidden actions."""
    configuration = parse_content(ConfigurationContent, contents.get(PartName.CONFIGURATION) or {})
    agents = parse_content(StakeholdersContent, content).agents
    return Judgement(tuple(claim for agent in agents for claim in _judge_agent(agent, configuration.made.date())), Origin.FILES)


def _judge_agent(agent: AgentContent, day: date) -> Iterator[Claim]:
    file = f"{FOLDER}/{agent.name}.yaml"
    for role, text in ROLES.items():
        name = agent.owner.get(role)
        is_named = isinstance(name, str) and has_word(name)
        statement = f"{agent.name} has {text}" + (f": {name}" if is_named else "")
        why = "" if is_named else f"owner.{role} is {'not set' if name is None else 'no name'} in {file}"
        yield make_claim(f"{agent.name}-{role}", statement, Status.PASS if is_named else Status.FAIL, why)
    yield make_yes_or_no(f"{agent.name}-file", f"{file} is valid", not agent.problems, join_reasons(agent.problems))
    until = agent.until
    is_active = until is not None and day <= until
    why = f"it ended on {until}" if until else f"until is not set in {file}"
    yield make_yes_or_no(f"{agent.name}-until", f"{agent.name} is to run on the day of this bundle", is_active, why)
    if agent.forbidden_actions:
        statement = f"{agent.name} takes no forbidden action: {agent.forbidden_actions}"
        yield make_claim(f"{agent.name}-forbidden-actions", statement, Status.NOT_TESTED, NOT_ENFORCED)


PART = PartForm(PartName.STAKEHOLDERS, "Stakeholders", "Who answers for each agent?", collect, judge)
