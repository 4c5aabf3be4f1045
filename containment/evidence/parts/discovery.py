"""Part `discovery`: what `containment discover --json` found on a host or in a container, compared with the stack's class."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime

from containment.discovery.answer import SCHEMA
from containment.discovery.declared import declare_stack
from containment.evidence.inputs import Inputs, read_json_file
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import ContentModel, PartForm, make_recent, make_shown, make_yes_or_no, parse_content
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.loaders.presets import load_library

MOST_HOURS: Final = 24
_HOW: Final = "write it on the host with containment discover --stack STACK --json --out FILE"


class FoundDifference(ContentModel):
    """One difference to the declaration."""

    subject: str
    name: str
    reason: str
    is_certain: bool


class NotSeen(ContentModel):
    """Something that was not readable."""

    where: str
    count: int


class Found(ContentModel):
    """The document of the discovery, as far as it is judged."""

    time: AwareDatetime
    stack: str | None
    compared: bool
    declared_digest: str | None
    processes_read: int
    differences: tuple[FoundDifference, ...]
    not_seen: tuple[NotSeen, ...]


class DiscoveryContent(ContentModel):
    """The facts that the judges read: the document, and the digest of today's declaration."""

    document: Found
    declared_today: str


def collect(inputs: Inputs) -> Collected:
    """Return the document of the discovery; raises InputError for a file that cannot be read."""
    if inputs.discovered is None:
        return Collected(None, "no discovery was given (--discovered FILE)")
    found = read_json_file(inputs.discovered, _HOW)
    if not isinstance(found.document, dict) or found.document.get("schema") != SCHEMA:
        return Collected(None, f"{found.source.file} has not the schema {SCHEMA}")
    content = {"document": found.document, "declaredToday": declare_stack(inputs.spec, load_library()).digest}
    return Collected(content, sources=(found.source,))


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the discovery; the document is not signed, so its origin is unknown."""
    found = parse_content(DiscoveryContent, content)
    configuration = parse_configuration(contents)
    return Judgement(tuple(_judge_document(found, configuration)), Origin.UNKNOWN)


def _judge_document(content: DiscoveryContent, configuration: ConfigurationContent) -> Iterator[Claim]:
    found, stack = content.document, configuration.stack
    yield make_yes_or_no("discovery-stack", f"the discovery is of {stack}", found.stack == stack, f"it is of {found.stack or 'no stack'}")
    is_same = found.compared and found.declared_digest == content.declared_today
    yield make_shown(
        "discovery-declaration", "it was compared with today's declaration", is_same, "it was compared with another one, or with none"
    )
    recent = f"the discovery is at most {MOST_HOURS} hours old"
    yield make_recent("discovery-recent", recent, configuration.made, found.time, timedelta(hours=MOST_HOURS))
    yield make_shown("discovery-ran", "processes were read", found.processes_read > 0, "no process was seen")
    missing = sum(one.count for one in found.not_seen)
    yield make_shown("discovery-whole", "everything was readable", not missing, f"NOT SEEN: {missing}")
    certain = [one for one in found.differences if one.is_certain]
    names = "; ".join(f"{one.subject} {one.name}: {one.reason}" for one in certain)
    yield make_yes_or_no("discovery-declared", "nothing undeclared was found", not certain, names)
    uncertain = "; ".join(f"{one.subject} {one.name}: {one.reason}" for one in found.differences if not one.is_certain)
    yield make_shown("discovery-certain", "everything that was found is known", not uncertain, uncertain)


PART = PartForm(
    PartName.DISCOVERY,
    "Discovery",
    "Which agents, MCP servers, tools and model connections are on the host, and are they declared?",
    collect,
    judge,
)
