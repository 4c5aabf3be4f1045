"""JUnit XML: a test case for every case, so that any CI shows what was proved and what was not."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from containment.verify.answers import Answer, Status


def render(answer: Answer) -> str:
    """Return one test suite."""
    cases = answer.cases
    failed = sum(case.status is Status.FAILED for case in cases)
    unsure = sum(case.status is Status.INCONCLUSIVE for case in cases)
    skipped = sum(case.status is Status.SKIPPED for case in cases)
    name = quoteattr(f"containment {answer.verb}")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name={name} tests="{len(cases)}" failures="{failed}" errors="{unsure}" skipped="{skipped}">',
    ]
    for case in cases:
        told = f"classname={quoteattr(_legal(case.id))} name={quoteattr(_legal(f'{case.title} {case.where}'.strip()))}"
        inside = {
            Status.PASSED: "",
            Status.FAILED: f"<failure message={quoteattr(_legal(case.title))}>{escape(_legal(case.text))}</failure>",
            Status.INCONCLUSIVE: f"<error message={quoteattr(_legal(case.title))}>{escape(_legal(case.text))}</error>",
            Status.SKIPPED: f"<skipped message={quoteattr(_legal(case.text))}/>",
        }[case.status]
        lines.append(f"  <testcase {told}>{inside}</testcase>")
    return "\n".join([*lines, f"  <system-out>{escape(_legal(answer.headline))}</system-out>", "</testsuite>"])


def _legal(text: str) -> str:
    """Return text without characters that XML 1.0 cannot hold."""
    return "".join(char if char in "\t\n" or char >= " " else "\ufffd" for char in text)
