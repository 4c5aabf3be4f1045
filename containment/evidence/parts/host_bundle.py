"""Part `host-bundle`: the live revision of the signed bundle, as each host's updater reported it.

A status is not signed and does not show where it was written, so its origin is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pydantic import AwareDatetime

from containment.bundle_update.status import SCHEMA
from containment.evidence.inputs import Inputs, read_json_file
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import CLOCK_SLACK, ContentModel, PartForm, make_claim, make_yes_or_no, parse_content
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.preflight.finding import Status

MOST_HOURS: Final = 24
_HOW: Final = "write it with containment-bundle-update --stack STACK --status --json, on the host"


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


def collect(inputs: Inputs) -> Collected:
    """Return the reported statuses; raises InputError for a file that cannot be read."""
    if not inputs.bundle_statuses:
        return Collected(None, "no live revision was given (--bundle-status FILE)")
    found = [read_json_file(path, _HOW) for path in inputs.bundle_statuses]
    wrong = [one.source.file for one in found if not isinstance(one.document, dict) or one.document.get("schema") != SCHEMA]
    if wrong:
        return Collected(None, f"{wrong[0]} has not the schema {SCHEMA}")
    return Collected({"statuses": [one.document for one in found]}, sources=tuple(one.source for one in found))


def judge(content: Content, contents: Contents) -> Judgement:
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


PART = PartForm(
    PartName.HOST_BUNDLE, "Signed bundle of the host", "Which revision of the signed bundle confines the agent?", collect, judge
)
