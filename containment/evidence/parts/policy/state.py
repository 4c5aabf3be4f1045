"""Part `state`: the deployed state, its digest, and whether its rules decide every flow as the configuration does."""

from __future__ import annotations

from containment.analysis.alignment import make_comparable
from containment.analysis.difference import find_differences
from containment.errors import InputError, Problem
from containment.evidence.deployed_state import find_simulation_signs
from containment.evidence.inputs import Inputs
from containment.evidence.model import Collected, Content, Contents, Judgement, Origin, PartName
from containment.evidence.parts.form import ContentModel, PartForm, join_reasons, make_yes_or_no, parse_content
from containment.evidence.parts.policy.configuration import ConfigurationContent
from containment.observe.rule_table import find_rules
from containment.queries.subject.state_policy import build_graph_subject
from containment.record.digests import digest_json, digest_ruleset
from policypack.graph.resources import Graph
from policypack.stored_resources import count_deployed, load_resources


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


def collect(inputs: Inputs) -> Collected:
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


def judge(content: Content, contents: Contents) -> Judgement:
    """Return the claims about the state: simulated if it shows a sign of a simulator, else of unknown origin, never live."""
    found = parse_content(StateContent, content)
    configuration = parse_content(ConfigurationContent, contents.get(PartName.CONFIGURATION) or {})
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


PART = PartForm(PartName.STATE, "Deployed state", "Is what is deployed what was configured?", collect, judge)
