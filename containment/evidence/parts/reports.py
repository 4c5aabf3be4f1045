"""Parts from documents of other commands: `observed`, `discovery` and `host-bundle`.

`observed` has what agents contacted, as `containment observe --json` summarizes the logs; `discovery` what `containment discover --json`
found on a host or in a container, compared with the stack's class; `host-bundle` the live revision of the signed bundle, as each host's
updater reported it. Such a status is not signed and does not show where it was written, so its origin is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime, ValidationError

from containment.bundle_update.status import SCHEMA as STATUS_SCHEMA
from containment.discovery.answer import SCHEMA as DISCOVERY_SCHEMA
from containment.discovery.declared import declare_stack
from containment.evidence.inputs import Inputs, read_json_file
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, UnfitContentError
from containment.evidence.parts.form import (
    ContentModel,
    PartForm,
    make_claim,
    make_recent,
    make_shown,
    make_yes_or_no,
    parse_content,
)
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.fixes.model_findings import summarize_findings
from containment.loaders.presets import load_library
from containment.names import PolicyMode
from containment.observe.evidence import SCHEMA as OBSERVATION_SCHEMA
from containment.observe.evidence import Evidence
from containment.preflight.finding import Status
from containment.times import CLOCK_SLACK

_HOW_OBSERVED = "write it with containment observe --stack STACK --json"


def collect_observed(inputs: Inputs) -> Collected:
    """Return the document of the observation; raises InputError for a file that cannot be read."""
    if inputs.observed is None:
        return Collected(None, "no observation was given (--observed FILE)")
    found = read_json_file(inputs.observed, _HOW_OBSERVED)
    document = found.document
    if not isinstance(document, dict) or document.get("schema") != OBSERVATION_SCHEMA:
        return Collected(None, f"{found.source.file} has not the schema {OBSERVATION_SCHEMA}")
    return Collected(document, sources=(found.source,))


def judge_observed(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the logs; the document does not show where its logs were written, so the origin is unknown."""
    try:
        found = Evidence.model_validate(content)
    except ValidationError as error:
        raise UnfitContentError(summarize_findings(error, Evidence, most=1)) from None
    configuration = parse_configuration(contents)
    return Judgement(tuple(_judge_logs(found, configuration)), Origin.UNKNOWN)


def _judge_logs(found: Evidence, configuration: ConfigurationContent) -> Iterator[Claim]:
    stack = configuration.stack
    yield make_yes_or_no("logs-stack", f"the logs are of {stack}", found.stack == stack, f"they are of {found.stack or 'no stack'}")
    other = "they were judged by another policy; run containment observe again"
    why = "the document names no policy" if found.policy_digest is None else other
    yield make_shown("logs-policy", "the logs were judged by today's policy", found.policy_digest == configuration.policy_digest, why)
    yield make_shown("logs-traffic", "the logs contain traffic", bool(found.window.days), "the window has no traffic")
    yield make_shown("logs-whole", "the logs have no gap", not found.gaps, f"{len(found.gaps)} gaps")
    rejected = sum(found.rejected.values())
    yield make_shown("logs-read", "every line could be read", not rejected, f"{rejected} lines were rejected")
    wrong = sorted({f"{one.name} at {one.address}" for one in found.disagreements})
    yield make_yes_or_no("names-agree", "every flow went to an address of its name", not wrong, "; ".join(wrong))
    denied = sorted({one.name for one in found.would_be_denied})
    open_ = denied if configuration.mode is PolicyMode.MONITOR else []
    settled = "every observed destination is permitted, or denied by a rule in force"
    yield make_shown("destinations-settled", settled, not open_, f"enforce mode would deny {', '.join(open_)}")
    for number, one in enumerate(found.not_tested, 1):
        yield make_claim(f"not-tested-{number}", one.question, Status.NOT_TESTED, one.reason)


OBSERVED = PartForm(
    PartName.OBSERVED, "Observed traffic", "What did agents contact, and are the logs whole?", collect_observed, judge_observed
)


MOST_HOURS: Final = 24
_HOW_DISCOVERY: Final = "write it on the host with containment discover --stack STACK --json --out FILE"


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


def collect_discovery(inputs: Inputs) -> Collected:
    """Return the document of the discovery; raises InputError for a file that cannot be read."""
    if inputs.discovered is None:
        return Collected(None, "no discovery was given (--discovered FILE)")
    found = read_json_file(inputs.discovered, _HOW_DISCOVERY)
    if not isinstance(found.document, dict) or found.document.get("schema") != DISCOVERY_SCHEMA:
        return Collected(None, f"{found.source.file} has not the schema {DISCOVERY_SCHEMA}")
    content = {"document": found.document, "declaredToday": declare_stack(inputs.spec, load_library()).digest}
    return Collected(content, sources=(found.source,))


def judge_discovery(content: Content, contents: Contents) -> Judgement:
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


DISCOVERY = PartForm(
    PartName.DISCOVERY,
    "Discovery",
    "Which agents, MCP servers, tools and model connections are on the host, and are they declared?",
    collect_discovery,
    judge_discovery,
)


_HOW_HOST_BUNDLE: Final = "write it with containment-bundle-update --stack STACK --status --json, on the host"


class Live(ContentModel):
    """The active bundle."""

    revision: str
    digest: str
    not_before: AwareDatetime
    expires_at: AwareDatetime
    policy_digest: str


class Counter(ContentModel):
    """The high-water mark."""

    revision: str
    digest: str


class LastRun(ContentModel):
    """The end of the updater's last run."""

    code: str | None
    what: str | None


class HostStatus(ContentModel):
    """The status of one host."""

    stack: str
    host: str
    time: AwareDatetime
    live: Live | None
    counter: Counter | None
    last_run: LastRun | None


class HostBundleContent(ContentModel):
    """The facts that the judges read."""

    statuses: tuple[HostStatus, ...]


def collect_host_bundle(inputs: Inputs) -> Collected:
    """Return the reported statuses; raises InputError for a file that cannot be read."""
    if not inputs.bundle_statuses:
        return Collected(None, "no live revision was given (--bundle-status FILE)")
    found = [read_json_file(path, _HOW_HOST_BUNDLE) for path in inputs.bundle_statuses]
    wrong = [one.source.file for one in found if not isinstance(one.document, dict) or one.document.get("schema") != STATUS_SCHEMA]
    if wrong:
        return Collected(None, f"{wrong[0]} has not the schema {STATUS_SCHEMA}")
    return Collected({"statuses": [one.document for one in found]}, sources=tuple(one.source for one in found))


def judge_host_bundle(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the live revision of each host."""
    found = parse_content(HostBundleContent, content)
    configuration = parse_configuration(contents)
    claims = [claim for number, one in enumerate(found.statuses, 1) for claim in _judge_status(one, f"-{number}", configuration)]
    return Judgement(tuple(claims), Origin.UNKNOWN)


def _judge_status(found: HostStatus, number: str, configuration: ConfigurationContent) -> Iterator[Claim]:
    host, live, made = found.host, found.live, configuration.made
    stack = configuration.stack
    yield make_yes_or_no(f"stack{number}", f"{host} is a host of {stack}", found.stack == stack, f"it is one of {found.stack}")
    age = made - found.time
    is_recent = -CLOCK_SLACK <= age <= timedelta(hours=MOST_HOURS)
    text = f"the status of {host} is at most {MOST_HOURS} hours old"
    yield make_yes_or_no(f"recent{number}", text, is_recent, f"it is of {found.time.isoformat()}")
    what = f"a verified bundle is active on {host}"
    yield make_yes_or_no(f"live{number}", what if live is None else f"{what}: revision {live.revision}", live is not None, "none is active")
    if live is not None:
        is_same = live.policy_digest == configuration.policy_digest
        text = f"the active bundle of {host} was built for the configured policy"
        yield make_yes_or_no(f"policy{number}", text, is_same, f"it is for the policy {live.policy_digest}")
        is_valid = live.not_before <= made < live.expires_at
        reason = f"it is valid from {live.not_before.isoformat()} until {live.expires_at.isoformat()}"
        yield make_yes_or_no(f"valid{number}", f"the active bundle of {host} is valid", is_valid, reason)
        mark = found.counter
        is_highest = mark is not None and (mark.revision, mark.digest) == (live.revision, live.digest)
        reason = f"the counter has the revision {mark.revision}" if mark else "the counter cannot be read"
        yield make_yes_or_no(f"highest{number}", f"the active bundle of {host} is the highest that was accepted", is_highest, reason)
    text = f"the last run of the updater on {host} refused nothing"
    if found.last_run is None:
        yield make_claim(f"last-run{number}", text, Status.NOT_TESTED, "no run is known")
    else:
        code = found.last_run.code
        yield make_yes_or_no(f"last-run{number}", text, code is None, f"{code}: {found.last_run.what}")


HOST_BUNDLE = PartForm(
    PartName.HOST_BUNDLE,
    "Signed bundle of the host",
    "Which revision of the signed bundle confines the agent?",
    collect_host_bundle,
    judge_host_bundle,
)
