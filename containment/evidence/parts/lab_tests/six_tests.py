"""Part `six-tests`: the six validation tests of the blueprint, sent from the agent host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from containment.evidence.inputs import REPORT, VERIFY, Inputs
from containment.evidence.model import Claim, Collected, Content, Contents, Judgement, PartName
from containment.evidence.parts.form import ContentModel, PartForm, join_reasons, make_claim, parse_content
from containment.evidence.parts.lab_tests.lab_run import collect_rows, find_origin, judge_run
from containment.preflight.finding import Status

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


def collect(inputs: Inputs) -> Collected:
    """Return the tests of the last run."""
    return collect_rows(inputs, "tests", schemas=(REPORT, VERIFY))


def judge(content: Content, contents: Contents) -> Judgement:
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


PART = PartForm(PartName.TESTS, "Six validation tests", "Does the deployed path permit and deny as the six tests expect?", collect, judge)
