"""Part `observed`: what agents contacted, as `containment observe --json` summarizes the logs."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from containment.evidence.inputs import Inputs, read_json_file
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, UnfitContentError
from containment.evidence.parts.form import PartForm, make_claim, make_shown, make_yes_or_no
from containment.evidence.parts.policy import ConfigurationContent, parse_configuration
from containment.fixes.model_findings import summarize_findings
from containment.names import PolicyMode
from containment.observe.evidence import SCHEMA, Evidence
from containment.preflight.finding import Status

_HOW = "write it with containment observe --stack STACK --json"


def collect(inputs: Inputs) -> Collected:
    """Return the document of the observation; raises InputError for a file that cannot be read."""
    if inputs.observed is None:
        return Collected(None, "no observation was given (--observed FILE)")
    found = read_json_file(inputs.observed, _HOW)
    document = found.document
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return Collected(None, f"{found.source.file} has not the schema {SCHEMA}")
    return Collected(document, sources=(found.source,))


def judge(content: Content, contents: Contents) -> Judgement:
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


PART = PartForm(PartName.OBSERVED, "Observed traffic", "What did agents contact, and are the logs whole?", collect, judge)
