"""One run of the tests, as `lab report` and `lab verify` write it, and the claims that bind it to this stack, policy and deployment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from pydantic import AwareDatetime

from containment.evidence.inputs import REPORT, Inputs
from containment.evidence.json_file import JsonFile
from containment.evidence.model import Claim, Collected, Content, Contents, Origin, PartName, UnfitContentError
from containment.evidence.parts.form import ContentModel, make_claim, make_yes_or_no, parse_content
from containment.evidence.parts.policy.configuration import ConfigurationContent
from containment.evidence.parts.policy.rules import RulesContent
from containment.evidence.parts.policy.state import StateContent
from containment.preflight.finding import Status

MOST_DAYS: Final = 30
"""Days after which a run shows nothing of today."""
_SLACK: Final = timedelta(minutes=5)
_KEPT: Final = ("schema", "stack", "mode", "made", "version", "commit", "rules", "machines", "leftOut", "versions", "skipped")
_WHY: Final = "no results of tests were given (--results FILE)"


class RunRule(ContentModel):
    """One rule that was in force during the run."""

    name: str
    permits: bool
    watched: bool


class Machine(ContentModel):
    """One machine of the run."""

    instance: str


class LeftOut(ContentModel):
    """A part that was not run."""

    part: str
    why: str


class RunContent(ContentModel):
    """The facts about a run that the judges read; a run of `lab verify` has neither rules nor machines."""

    schema_: str
    stack: str
    mode: str | None
    made: AwareDatetime | None = None
    rules: tuple[RunRule, ...] | None = None
    machines: dict[str, Machine] | None = None
    left_out: tuple[LeftOut, ...] = ()


def collect_rows(inputs: Inputs, *keys: str, schemas: tuple[str, ...] = (REPORT,)) -> Collected:
    """Return the run with the rows under these keys, from the first result that has them.

    Args:
        inputs: the inputs.
        keys: keys of the result's document; the first one has the part's rows.
        schemas: the schemas that have them, the preferred one first.
    """
    found = inputs.find_result(*schemas)
    if found is None:
        return Collected(None, _WHY if not inputs.test_results else f"no result has the schema {' or '.join(schemas)}")
    if not found.document.get(keys[0]):
        return Collected(None, explain_absence(found, keys[0]))
    run = {key: found.document[key] for key in _KEPT if key in found.document}
    return Collected({"run": run, **{key: found.document.get(key, []) for key in keys}}, sources=(found.source,))


def explain_absence(found: JsonFile, key: str) -> str:
    """Return why a result has no rows under a key."""
    left_out = [f"{one.get('part')}: {one.get('why')}" for one in found.document.get("leftOut", []) if isinstance(one, dict)]
    reasons = [*map(str, found.document.get("skipped") or []), *left_out]
    return f"{found.source.file} has no rows of {key}" + (f" ({'; '.join(reasons)})" if reasons else "")


def parse_run(content: Content) -> RunContent:
    """Return the run of a part; raise UnfitContentError."""
    run = content.get("run")
    if not isinstance(run, dict):
        raise UnfitContentError("run: is no object")
    return parse_content(RunContent, {**run, "schema_": run.get("schema")})


def judge_run(content: Content, contents: Contents) -> Iterator[Claim]:
    """Yield the claims that a run is of this stack, of its policy, of this deployment, and recent."""
    run = parse_run(content)
    configuration = parse_content(ConfigurationContent, contents.get(PartName.CONFIGURATION) or {})
    is_same = (run.stack, run.mode) == (configuration.stack, configuration.mode)
    yield make_yes_or_no(
        "run-stack", f"the run is of {configuration.stack} in {configuration.mode}", is_same, f"it is of {run.stack} in {run.mode}"
    )
    yield _judge_rules(run, contents)
    yield _judge_machines(run, contents)
    yield _judge_age(run, configuration)


def _judge_rules(run: RunContent, contents: Contents) -> Claim:
    id_, statement = "run-rules", "the rules in force during the run were the configured ones"
    plan = contents.get(PartName.RULES)
    if run.rules is None or plan is None:
        why = "the result does not list the rules in force (use lab report)" if run.rules is None else "there is no rule table"
        return make_claim(id_, statement, Status.NOT_TESTED, why)
    wanted = [(one.name, one.action == "PERMIT", one.watch) for one in parse_content(RulesContent, plan).rules]
    seen = [(one.name, one.permits, one.watched) for one in run.rules]
    differing = sorted({name for name, *_ in set(wanted) ^ set(seen)})
    reason = f"these differ: {', '.join(differing)}" if differing else "their order differs"
    return make_yes_or_no(id_, statement, wanted == seen, reason)


def _judge_machines(run: RunContent, contents: Contents) -> Claim:
    id_, statement = "run-deployment", "the run was sent from the deployed agent host"
    state = contents.get(PartName.STATE)
    if run.machines is None or state is None:
        why = "the result does not name the host (use lab report)" if run.machines is None else "there is no deployed state to compare with"
        return make_claim(id_, statement, Status.NOT_TESTED, why)
    instances = set(parse_content(StateContent, state).instances)
    seen = {one.instance for name, one in run.machines.items() if name.endswith("-agent")}
    reason = f"it was sent from {', '.join(sorted(seen)) or 'no agent host'}, and {', '.join(sorted(instances)) or 'none'} is deployed"
    return make_yes_or_no(id_, statement, bool(seen) and seen <= instances, reason)


def _judge_age(run: RunContent, configuration: ConfigurationContent) -> Claim:
    id_, statement = "run-recent", f"the run is at most {MOST_DAYS} days old"
    if run.made is None:
        return make_claim(id_, statement, Status.NOT_TESTED, "the result does not state its time (use lab report)")
    age = configuration.made - run.made
    if age < -_SLACK:
        return make_claim(id_, statement, Status.FAIL, f"its time, {run.made.isoformat()}, is after that of this bundle")
    if age > timedelta(days=MOST_DAYS):
        return make_claim(id_, statement, Status.NOT_TESTED, f"it is {age.days} days old; run the tests again")
    return make_claim(id_, statement, Status.PASS)


def find_origin(content: Content) -> Origin:
    """Return where a run took place: both schemas are written by the lab only, so it is simulated."""
    run: Any = content.get("run")
    if not isinstance(run, dict) or run.get("schema") not in ("containment-report/v1", "containment-verify/v1"):
        raise UnfitContentError("run.schema: is not one that the lab writes")
    return Origin.SIMULATED
