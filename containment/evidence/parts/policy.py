"""Parts about the policy: what was configured, proved and deployed.

`configuration` has the stack's file, class and mode, as digests and as the values that a person chose; `rules` the ordered rule table, as
`containment plan` shows it; `state` the deployed state, its digest, and whether its rules decide every flow as the configuration does;
`proofs` the required properties, each proved for every possible flow of the configured policy; `pack` every rule of the policy pack over
the deployed state.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import AwareDatetime

from containment.analysis.alignment import make_comparable
from containment.analysis.difference import find_differences
from containment.errors import InputError, Problem
from containment.evidence.inputs import Inputs, find_simulation_signs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, Source
from containment.evidence.parts.form import (
    CaseContent,
    ContentModel,
    PartForm,
    convert_status,
    describe_case,
    join_reasons,
    make_claim,
    make_shown,
    make_yes_or_no,
    parse_content,
)
from containment.loaders.stack_file import read_raw_values
from containment.names import PolicyMode
from containment.observe.state_names import find_rules
from containment.policy.invariants import find_broken_invariants
from containment.preflight.finding import Status
from containment.queries.check import check_states
from containment.queries.prove import prove
from containment.queries.subject.state_policy import build_graph_subject
from containment.record.digests import digest_bytes, digest_json, digest_ruleset, is_digest
from containment.record.files import read_bytes
from containment.times import format_time
from policypack.graph.resources import Graph
from policypack.stored_resources import count_deployed, load_resources


class ConfigurationContent(ContentModel):
    """The facts that the judges read."""

    stack: str
    agent_class: str
    mode: PolicyMode
    made: AwareDatetime
    policy_digest: str
    class_digest: str
    always_enforced: tuple[str, ...]


def collect_configuration(inputs: Inputs) -> Collected:
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


def parse_configuration(contents: Contents) -> ConfigurationContent:
    """Return the facts of the configuration, which the judges of other parts compare with."""
    return parse_content(ConfigurationContent, contents.get(PartName.CONFIGURATION) or {})


def judge_configuration(content: Content, _contents: Contents) -> Judgement:
    """Return the claims about the configuration."""
    found = parse_content(ConfigurationContent, content)
    digests = is_digest(found.class_digest) and is_digest(found.policy_digest)
    claims = (
        make_yes_or_no("bound", "the class and the policy are bound by their digests", digests, "a digest has another form"),
        make_shown(
            "denies-applied",
            "denies are applied, not only logged",
            found.mode is PolicyMode.ENFORCE,
            "the stack is in monitor mode, which logs denies and delivers the traffic",
        ),
    )
    return Judgement(claims, Origin.FILES)


CONFIGURATION = PartForm(
    PartName.CONFIGURATION, "Configuration", "What was configured, and in which mode?", collect_configuration, judge_configuration
)


class RuleContent(ContentModel):
    """One rule."""

    name: str
    action: str
    watch: bool


class QuestionContent(ContentModel):
    """A destination of the class that the company has not named."""

    question: str


class RulesContent(ContentModel):
    """The facts that the judges read."""

    default_action: str
    rules: tuple[RuleContent, ...]
    open_questions: tuple[QuestionContent, ...] = ()
    broken_invariants: tuple[str, ...]


def collect_rules(inputs: Inputs) -> Collected:
    """Return the rule table."""
    broken = [str(problem) for problem in find_broken_invariants(inputs.spec, inputs.ruleset)]
    return Collected(inputs.describe_plan(inputs.spec, inputs.ruleset, broken))


def judge_rules(content: Content, _contents: Contents) -> Judgement:
    """Return the claims about the rule table."""
    found = parse_content(RulesContent, content)
    names = [rule.name for rule in found.rules]
    return Judgement(
        (
            make_yes_or_no(
                "default-deny", "everything that no rule permits is denied", found.default_action == "DENY", found.default_action
            ),
            make_yes_or_no(
                "ordered",
                f"{len(names)} rules are in one order, each with a name of its own",
                0 < len(names) == len(set(names)),
                "there is no rule, or a name is used twice",
            ),
            make_yes_or_no(
                "invariants",
                "the rules keep every invariant of the program",
                not found.broken_invariants,
                join_reasons(found.broken_invariants),
            ),
        ),
        Origin.FILES,
    )


RULES = PartForm(PartName.RULES, "Rule table", "Which rules decide, and in which order?", collect_rules, judge_rules)


class DifferenceContent(ContentModel):
    """Flows that the deployed rules decide in another way than the configured ones."""

    change: str
    before: str
    after: str
    witness: str


class StateContent(ContentModel):
    """The facts that the judges read."""

    state_digest: str
    resources: int
    policy_digest: str | None
    mode: str | None
    differences: tuple[DifferenceContent, ...]
    simulation_signs: tuple[str, ...]
    instances: tuple[str, ...]
    stacks: tuple[str, ...]


def collect_state(inputs: Inputs) -> Collected:
    """Return the facts about the deployed state; raises InputError for a file that is none."""
    read = inputs.deployed
    if isinstance(read, Collected):
        return read
    try:
        resources = load_resources(read.document)
    except ValueError as error:
        fix = "give a file that `pulumi stack export` or `containment lab export` wrote"
        problem = Problem(read.source.file, str(error), "it is no deployed state", fix)
        raise InputError("evidence cannot be collected", [problem]) from None
    subject = build_graph_subject(Graph(resources), inputs.stack)
    differences = []
    if subject is not None:
        before, after = make_comparable(inputs.subject, subject)
        agents = tuple({repr(agent): agent for agent in (*before.agents, *after.agents)}.values())
        differences = [
            {"change": one.change.value, "before": one.names[0], "after": one.names[1], "witness": str(one.witness)}
            for one in find_differences(before.ruleset, after.ruleset, agents)
        ]
    return Collected(
        {
            "stateDigest": digest_json(read.document),
            "resources": count_deployed(resources),
            "policyDigest": digest_ruleset(subject.ruleset) if subject else None,
            "mode": subject.mode.value if subject and subject.mode else None,
            "differences": differences,
            "simulationSigns": find_simulation_signs(read.document),
            "instances": sorted(str(one.outputs.get("id")) for one in resources if one.type == "aws:ec2/instance:Instance"),
            "stacks": sorted({one.urn.split("::")[0].rpartition(":")[2] for one in resources}),
            "rules": find_rules([one.outputs for one in resources]),
        },
        sources=(read.source,),
    )


def judge_state(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the state: simulated if it shows a sign of a simulator, else of unknown origin, never live."""
    found = parse_content(StateContent, content)
    configuration = parse_configuration(contents)
    stack, mode = configuration.stack, configuration.mode
    differences = join_reasons(f"{one.change}: {one.before} -> {one.after}, e.g. {one.witness}" for one in found.differences)
    deployed = found.policy_digest is not None
    claims = (
        make_yes_or_no("resources", f"{found.resources} resources are deployed", found.resources > 0, "the state has no resource"),
        make_yes_or_no("stack", f"the state is of {stack}", found.stacks == (stack,), f"it is of {', '.join(found.stacks) or 'no stack'}"),
        make_yes_or_no(
            "same-policy",
            "the deployed rules decide every possible flow as the configured ones",
            deployed and not found.differences,
            differences or "the state has no DCF rule",
        ),
        make_yes_or_no(
            "same-mode", f"the deployed mode is {mode}", found.mode == mode, f"the deployed mode is {found.mode or 'not in the state'}"
        ),
    )
    return Judgement(claims, Origin.SIMULATED if found.simulation_signs else Origin.UNKNOWN)


STATE = PartForm(PartName.STATE, "Deployed state", "Is what is deployed what was configured?", collect_state, judge_state)


class ProofsContent(ContentModel):
    """The facts that the judges read."""

    cases: tuple[CaseContent, ...]
    assumptions: tuple[str, ...] = ()


def collect_proofs(inputs: Inputs) -> Collected:
    """Return every proof."""
    answer = prove(inputs.subject)
    return Collected({"cases": [describe_case(case) for case in answer.cases], "assumptions": list(answer.assumptions)})


def judge_proofs(content: Content, _contents: Contents) -> Judgement:
    """Return one claim per proof; an uncertain or skipped proof is NOT TESTED."""
    return Judgement(tuple(_judge_case(case) for case in parse_content(ProofsContent, content).cases), Origin.FILES)


def _judge_case(case: CaseContent) -> Claim:
    status, word = convert_status(case.status)
    reason = join_reasons([f"{word}: {case.text}" if word else case.text]) or "no counterexample is given"
    return make_claim(case.id, case.title, status, "" if status == "PASS" else reason)


PROOFS = PartForm(PartName.PROOFS, "Proofs", "Does every required property hold for every possible flow?", collect_proofs, judge_proofs)


class PackContent(ContentModel):
    """The facts that the judges read."""

    resources: int
    cases: tuple[CaseContent, ...]


def collect_pack(inputs: Inputs) -> Collected:
    """Return the result of every rule; without a state there is nothing to check."""
    read = inputs.deployed
    if isinstance(read, Collected):
        return read
    answer = check_states([(inputs.stack, load_resources(read.document))], named=[read.source.file])
    return Collected(
        {"resources": answer.data.get("resources", 0), "cases": [describe_case(case) for case in answer.cases]}, sources=(read.source,)
    )


def judge_pack(content: Content, contents: Contents) -> Judgement:
    """Return one claim per rule: a waived violation is a violation, with the waiver as its reason."""
    found = parse_content(PackContent, content)
    by_rule: dict[str, list[CaseContent]] = {}
    for case in found.cases:
        by_rule.setdefault(case.id, []).append(case)
    claims = tuple(_judge_rule(rule, cases) for rule, cases in by_rule.items()) if found.resources else ()
    state = contents.get(PartName.STATE) or {}
    return Judgement(claims, Origin.SIMULATED if state.get("simulationSigns") else Origin.UNKNOWN)


def _judge_rule(rule: str, cases: Sequence[CaseContent]) -> Claim:
    broken = [case for case in cases if case.status != Status.PASS]
    title = next((case.title for case in cases if case.status == Status.PASS), cases[0].title)
    if not broken:
        return make_claim(rule, title, Status.PASS)
    reasons = join_reasons(
        f"{'waived: ' if case.status == Status.SKIPPED else ''}{case.where} {case.title} {case.text.splitlines()[0] if case.text else ''}"
        for case in broken
    )
    return make_claim(rule, f"the rule {rule} is kept", Status.FAIL, reasons)


PACK = PartForm(PartName.PACK, "Policy pack", "Does every deployed resource keep every rule of the pack?", collect_pack, judge_pack)
