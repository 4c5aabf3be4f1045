"""JUnit XML renderer: one test case per case, so that any CI system shows what was proved."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from containment.preflight.finding import Status
from containment.queries.results import Answer


def render(answer: Answer) -> str:
    """Return one test suite."""
    cases = answer.cases
    failed = sum(case.status is Status.FAIL for case in cases)
    unsure = sum(case.status is Status.INCONCLUSIVE for case in cases)
    skipped = sum(case.status is Status.SKIPPED for case in cases)
    name = quoteattr(f"containment {answer.verb}")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name={name} tests="{len(cases)}" failures="{failed}" errors="{unsure}" skipped="{skipped}">',
    ]
    for case in cases:
        told = f"classname={quoteattr(_remove_illegal(case.id))} name={quoteattr(_remove_illegal(f'{case.title} {case.where}'.strip()))}"
        inside = {
            Status.PASS: "",
            Status.FAIL: f"<failure message={quoteattr(_remove_illegal(case.title))}>{escape(_remove_illegal(case.text))}</failure>",
            Status.INCONCLUSIVE: f"<error message={quoteattr(_remove_illegal(case.title))}>{escape(_remove_illegal(case.text))}</error>",
            Status.SKIPPED: f"<skipped message={quoteattr(_remove_illegal(case.text))}/>",
        }[case.status]
        lines.append(f"  <testcase {told}>{inside}</testcase>")
    return "\n".join([*lines, f"  <system-out>{escape(_remove_illegal(answer.headline))}</system-out>", "</testsuite>"])


def _remove_illegal(text: str) -> str:
    """Return text without the characters that XML 1.0 forbids."""
    return "".join(char if char in "\t\n" or char >= " " else "\ufffd" for char in text)
