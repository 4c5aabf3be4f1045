"""The six validation tests in words: the announced change, the attempts and their results, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from containment.names import PolicyMode
from containment_lab.report.probe_words import describe_attempt, describe_aws_probe, describe_result
from containment_lab.validation.probes import Result
from containment_lab.validation.six_tests import NAMES, ValidationResult

_KEY = "approvedSaasApiDomains"


def announce(stack: str, mode: PolicyMode, instance: str, *, added: str | None) -> list[str]:
    """Return the lines that are printed before the tests run.

    Args:
        stack: name of the stack.
        mode: mode of the rules in force.
        instance: id of the agent host.
        added: destination that test 6 adds to the stack, None if it leaves the stack unchanged.
    """
    lines = [f"{stack}, mode {mode.value}: six validation tests, sent from the agent host ({instance})"]
    if added:
        lines += [
            f"test 6 updates the stack: it adds {added} to {_KEY}, to see that an approved destination is delivered,",
            "and removes it again at the end (without that update: --no-update)",
        ]
    return lines


def describe(tested: Sequence[ValidationResult]) -> list[tuple[Result, str]]:
    """Return a line per test with attempt and result, followed by a line per probe that failed or was not tested."""
    lines = []
    for test in tested:
        lines.append((Result.PASS if test.only_on_aws else test.result, _format_test_line(test)))
        missed = [each for each in test.probes if each.result is not Result.PASS]
        lines += [(each.result, f"    {each.result.value}: {describe_attempt(each.probe)}: {each.says}") for each in missed]
    return lines


def summarize(stack: str, mode: PolicyMode, tested: Sequence[ValidationResult]) -> str:
    """Return the last line: the number of tests that pass, and the others by name."""
    passed = [test for test in tested if test.only_on_aws]
    others = ", ".join(f"{test.number} {NAMES[test.number]} ({test.result.value})" for test in tested if test not in passed)
    aws = sorted({each.probe.id for test in passed for each in test.probes if each.result is Result.NOT_TESTED})
    left = f"; not tested here: {', '.join(map(describe_aws_probe, aws))}, which needs AWS" if aws else ""
    return (
        f"{stack}: {len(passed)} of {len(tested)} validation tests pass in {mode.value}{left}{f'; the others: {others}' if others else ''}"
    )


def _format_test_line(test: ValidationResult) -> str:
    """Return number, name and result of a test, and its most informative probes in words."""
    is_partial = test.only_on_aws and test.result is Result.NOT_TESTED
    word = "PASS in part" if is_partial else test.result.value
    passed = [each for each in test.probes if each.result is Result.PASS]
    shown = passed if test.number == 6 else passed[:1]
    seen = "; then ".join(f"{describe_attempt(each.probe)}: {describe_result(each)}" for each in shown)
    rest = len(passed) - len(shown)
    more = f" (and {rest} more probe{'s' if rest > 1 else ''} as expected)" if rest > 0 else ""
    return f"{test.number} {NAMES[test.number]:<26} {word:<13} {seen or 'see below'}{more}"
