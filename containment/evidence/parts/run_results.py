"""Parts from one run of the lab's tests, as `lab report` and `lab verify` write it: `six-tests`, `predicted` and `evasion`.

`six-tests` has the six validation tests of the blueprint, sent from the agent host; `predicted` every flow of the class's scenario table,
as the model predicts it and as it was observed; `evasion` the techniques of the evasion table that were sent, of which those that get
through are residual risks (see `risks`). Claims bind the run to this stack, policy and deployment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from pydantic import AwareDatetime

from containment.evidence.inputs import REPORT, VERIFY, Inputs, JsonFile
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, Origin, PartName, UnfitContentError
from containment.evidence.parts.form import (
    ContentModel,
    PartForm,
    join_reasons,
    make_claim,
    make_yes_or_no,
    parse_content,
)
from containment.evidence.parts.policy import ConfigurationContent, RulesContent, StateContent, parse_configuration
from containment.preflight.finding import Status
from containment.times import CLOCK_SLACK

MOST_DAYS: Final = 30
"""Days after which a run shows nothing of today."""
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
    configuration = parse_configuration(contents)
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
    if age < -CLOCK_SLACK:
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


NAMES: Final = {
    1: "allowed model call",
    2: "harness terminal launch",
    3: "blocked attacker domain",
    4: "blocked shadow model",
    5: "blocked external DNS",
    6: "monitor-to-enforce update",
}
"""The six tests of the Aviatrix blueprint; one that is missing in a result is NOT TESTED."""


class Probe(ContentModel):
    """One probe of a test; `lab report` and `lab verify` name its observation differently."""

    id: str
    result: str
    observed: str = ""
    says: str = ""


class ValidationTest(ContentModel):
    """One of the six tests."""

    number: int
    result: str
    probes: tuple[Probe, ...]


class TestsContent(ContentModel):
    """The facts that the judges read."""

    tests: tuple[ValidationTest, ...]


def collect_tests(inputs: Inputs) -> Collected:
    """Return the tests of the last run."""
    return collect_rows(inputs, "tests", schemas=(REPORT, VERIFY))


def judge_tests(content: Content, contents: Contents) -> Judgement:
    """Return one claim per test, from its probes and not from its stated result alone."""
    tests = {one.number: one for one in parse_content(TestsContent, content).tests}
    claims = [*(_judge_test(number, tests.get(number)) for number in NAMES), *judge_run(content, contents)]
    return Judgement((*claims, *_judge_unknown(tests)), find_origin(content))


def _judge_test(number: int, test: ValidationTest | None) -> Claim:
    id_, statement = f"test-{number}", f"validation test {number}, {NAMES[number]}, passes"
    if test is None or not test.probes:
        return make_claim(id_, statement, Status.NOT_TESTED, "no probe of it was sent")
    missed = [one for one in test.probes if one.result != "PASS"]
    reason = join_reasons(f"{one.id}: {one.result}, {one.observed or one.says}" for one in missed)
    if test.result == "FAIL" or any(one.result == "FAIL" for one in missed):
        return make_claim(id_, statement, Status.FAIL, reason or "its result is FAIL")
    if missed or test.result != "PASS":
        return make_claim(id_, statement, Status.NOT_TESTED, reason or f"its result is {test.result}")
    return make_claim(id_, statement, Status.PASS)


def _judge_unknown(tests: dict[int, ValidationTest]) -> Iterator[Claim]:
    for number in sorted(tests.keys() - NAMES.keys()):
        yield make_claim(f"test-{number}", f"validation test {number} is known", Status.FAIL, "there are six tests")


TESTS = PartForm(
    PartName.TESTS, "Six validation tests", "Does the deployed path permit and deny as the six tests expect?", collect_tests, judge_tests
)


class Row(ContentModel):
    """One flow."""

    id: str
    result: str
    differs: str = ""


class PredictedContent(ContentModel):
    """The facts that the judges read."""

    predicted: tuple[Row, ...]


def collect_predicted(inputs: Inputs) -> Collected:
    """Return the compared flows of the last run."""
    return collect_rows(inputs, "predicted")


def judge_predicted(content: Content, contents: Contents) -> Judgement:
    """Return one claim per flow; a result that is unknown here is NOT TESTED."""
    rows = parse_content(PredictedContent, content).predicted
    return Judgement((*map(_judge_row, rows), *judge_run(content, contents)), find_origin(content))


def _judge_row(row: Row) -> Claim:
    id_, statement = f"flow-{row.id}", f"the flow {row.id} ends as predicted"
    if row.result in ("AGREES", "EXPLAINED"):
        return make_claim(id_, statement, Status.PASS)
    status = Status.FAIL if row.result == "DISAGREES" else Status.NOT_TESTED
    return make_claim(id_, statement, status, row.differs or f"its result is {row.result}")


PREDICTED = PartForm(
    PartName.PREDICTED, "Predicted against observed", "Do packets do what the model predicts?", collect_predicted, judge_predicted
)


class Technique(ContentModel):
    """One technique that was sent."""

    id: str
    result: str
    observed: str


class OpenTechnique(ContentModel):
    """A reviewed technique that the policy does not stop."""

    id: str
    why: str
    close: str
    observed: str = ""


class EvasionContent(ContentModel):
    """The facts that the judges read; `open` is the reviewed list."""

    evasion: tuple[Technique, ...]
    open: tuple[OpenTechnique, ...]


def collect_evasion(inputs: Inputs) -> Collected:
    """Return the techniques of the last run."""
    return collect_rows(inputs, "evasion", "open")


def judge_evasion(content: Content, contents: Contents) -> Judgement:
    """Return one claim per technique that is to be stopped, and a failure for one that is open and not reviewed."""
    found = parse_content(EvasionContent, content)
    reviewed = {one.id for one in found.open}
    claims = [claim for one in found.evasion for claim in _judge_technique(one, reviewed)]
    return Judgement((*claims, *judge_run(content, contents)), find_origin(content))


def _judge_technique(one: Technique, reviewed: set[str]) -> Iterator[Claim]:
    id_, statement = f"technique-{one.id}", f"the technique {one.id} ends as expected"
    if one.result == "OPEN":
        if one.id not in reviewed:
            yield make_claim(id_, statement, Status.FAIL, "it gets through and is not on the reviewed list")
        return
    if one.result == "AGREES":
        yield make_claim(id_, statement, Status.PASS)
        return
    status = Status.FAIL if one.result == "DISAGREES" else Status.NOT_TESTED
    yield make_claim(id_, statement, status, one.observed or f"its result is {one.result}")


EVASION = PartForm(PartName.EVASION, "Evasion", "Do techniques that hide a destination get through?", collect_evasion, judge_evasion)
