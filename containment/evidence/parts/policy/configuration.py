"""Part `configuration`: the stack's file, class and mode, as digests and as the values that a person chose."""

from __future__ import annotations

import json

from pydantic import AwareDatetime

from containment.evidence.inputs import Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import ContentModel, PartForm, make_claim, make_yes_or_no, parse_content
from containment.loaders.stack_file import read_raw_values
from containment.names import PolicyMode
from containment.preflight.finding import Status
from containment.record.decision import format_time
from containment.record.digests import digest_bytes, digest_json, digest_ruleset, is_digest
from containment.record.files import read_bytes


class ConfigurationContent(ContentModel):
    """The facts that the judges read."""

    stack: str
    agent_class: str
    mode: PolicyMode
    made: AwareDatetime
    policy_digest: str
    class_digest: str
    always_enforced: tuple[str, ...]


def collect(inputs: Inputs) -> Collected:
    """Return the configuration of the stack; raises InputError if it cannot be deployed."""
    spec = inputs.spec
    path = inputs.folder / f"Pulumi.{inputs.stack}.yaml"
    raw = read_bytes(path) or b""
    return Collected(
        {
            "stack": inputs.stack,
            "agentClass": spec.config.agent_class,
            "mode": spec.mode.value,
            "made": format_time(inputs.made),
            "harness": spec.harness.value,
            "region": spec.config.aws_region,
            "vpcCidr": str(spec.config.vpc_cidr),
            "values": json.loads(json.dumps(read_raw_values(inputs.stack, inputs.folder), default=str)),
            "overrides": dict(inputs.overrides),
            "classDigest": digest_json(spec.preset.model_dump(mode="json")),
            "policyDigest": digest_ruleset(inputs.ruleset),
            "alwaysEnforced": sorted(group.value for group in spec.always_enforced),
            "warnings": [{"where": one.where, "what": one.what} for one in spec.warnings],
        },
        sources=(Source(file=path.name, digest=digest_bytes(raw)),),
    )


def judge(content: Content, _contents: Contents) -> Judgement:
    """Return the claims about the configuration."""
    found = parse_content(ConfigurationContent, content)
    digests = is_digest(found.class_digest) and is_digest(found.policy_digest)
    claims: list[Claim] = [
        make_yes_or_no("bound", "the class and the policy are bound by their digests", digests, "a digest has another form"),
        make_claim(
            "denies-applied",
            "denies are applied, not only logged",
            Status.PASS if found.mode is PolicyMode.ENFORCE else Status.NOT_TESTED,
            "" if found.mode is PolicyMode.ENFORCE else "the stack is in monitor mode, which logs denies and delivers the traffic",
        ),
    ]
    return Judgement(tuple(claims), Origin.FILES)


PART = PartForm(PartName.CONFIGURATION, "Configuration", "What was configured, and in which mode?", collect, judge)
