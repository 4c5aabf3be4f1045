"""Outcomes of a report's rows: a closed set, each with a label, an explanation and a tone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from containment.names import PolicyMode
from containment_lab.validation.six_tests import ValidationResult


class Tone(StrEnum):
    """The color of a result; a sign next to it has the same meaning."""

    GOOD = "good"
    NOTED = "noted"
    BAD = "bad"


class Part(StrEnum):
    """The parts of a report that have results; the value is the heading."""

    TESTS = "Six validation tests"
    EVASION = "Evasion techniques"
    FLOWS = "Predicted against observed"
    OPENED = "Clients of opened TLS"


class Outcome(StrEnum):
    """The outcome of a row; the value is the word in JSON and CSV."""

    PASS = "PASS"  # noqa: S105
    PARTLY = "PASS IN PART"
    FAIL = "FAIL"
    AGREES = "AGREES"
    EXPLAINED = "EXPLAINED"
    OPEN = "OPEN"
    DISAGREES = "DISAGREES"
    NOT_TESTED = "NOT TESTED"

    @property
    def label(self) -> str:
        """The label for readers."""
        return _LABELS[self]

    @property
    def tone(self) -> Tone:
        """The tone of the outcome."""
        if self in (Outcome.FAIL, Outcome.DISAGREES):
            return Tone.BAD
        return Tone.NOTED if self in (Outcome.OPEN, Outcome.NOT_TESTED) else Tone.GOOD

    @property
    def rank(self) -> int:
        """The sort key of rows: outcomes that need a reader's attention are first."""
        return _ORDER.index(self)


_LABELS: Final[Mapping[Outcome, str]] = {
    Outcome.PASS: "passed",
    Outcome.PARTLY: "passed in part",
    Outcome.FAIL: "failed",
    Outcome.AGREES: "as expected",
    Outcome.EXPLAINED: "as expected, decided inside the VPC",
    Outcome.OPEN: "open",
    Outcome.DISAGREES: "not as expected",
    Outcome.NOT_TESTED: "not tested",
}
_ORDER: Final = (
    Outcome.FAIL,
    Outcome.DISAGREES,
    Outcome.NOT_TESTED,
    Outcome.OPEN,
    Outcome.PARTLY,
    Outcome.EXPLAINED,
    Outcome.PASS,
    Outcome.AGREES,
)
POSSIBLE: Final[Mapping[Part, tuple[Outcome, ...]]] = {
    Part.TESTS: (Outcome.PASS, Outcome.PARTLY, Outcome.FAIL, Outcome.NOT_TESTED),
    Part.EVASION: (Outcome.AGREES, Outcome.OPEN, Outcome.DISAGREES, Outcome.NOT_TESTED),
    Part.FLOWS: (Outcome.AGREES, Outcome.EXPLAINED, Outcome.DISAGREES),
    Part.OPENED: (Outcome.PASS, Outcome.FAIL, Outcome.NOT_TESTED),
}
"""The outcomes that rows of a part can have, in the order of the summary."""

_MEANINGS: Final[Mapping[tuple[Part, Outcome], str]] = {
    (Part.TESTS, Outcome.PASS): "Every probe of the test was answered or stopped as it must be, and the log names the rule that decided.",
    (Part.TESTS, Outcome.PARTLY): "Passed as far as one machine can show it: a session of AWS Systems Manager needs AWS.",
    (Part.TESTS, Outcome.FAIL): "At least one probe had another result.",
    (Part.TESTS, Outcome.NOT_TESTED): "At least one probe was not sent, so that the test has no result. This is no pass.",
    (Part.EVASION, Outcome.OPEN): "Gets out although the policy is enforced. Known and reviewed; listed below with what would close it.",
    (Part.EVASION, Outcome.DISAGREES): "Had another result than expected, or gets out and is not on the reviewed list.",
    (Part.EVASION, Outcome.NOT_TESTED): "Did not arrive even with nothing enforced, so that its result proves nothing.",
    (Part.FLOWS, Outcome.AGREES): "Packets and log show the rule, the verdict and the effect that containment explain predicts.",
    (Part.FLOWS, Outcome.EXPLAINED): (
        "Delivered or stopped as predicted. The traffic stays inside the VPC and never crosses the gateway, so that the VPC's resolver or"
        " an endpoint policy decides in place of the predicted rule."
    ),
    (Part.FLOWS, Outcome.DISAGREES): "Packets or log show another rule, verdict or effect than predicted.",
    (Part.OPENED, Outcome.PASS): "The path decided as the rule intends, or a client that pins the destination's certificate was refused.",
    (Part.OPENED, Outcome.FAIL): "TLS was not opened, or another rule, verdict or effect was seen.",
    (Part.OPENED, Outcome.NOT_TESTED): "No client could be sent, for the reason in the table. This is no pass.",
}
_EVASION_AGREES: Final[Mapping[PolicyMode, str]] = {
    PolicyMode.ENFORCE: (
        "Did not get out, as expected: stopped by the expected rule, which is in the log; connected to the real owner of its name; or"
        " dropped by a part that does not log."
    ),
    PolicyMode.MONITOR: (
        "Would be denied in enforce: the expected rule logged it, and it was delivered, because monitor mode only watches. Or stopped by a"
        " part without a monitor mode (the VPC's filters, endpoint policies)."
    ),
}


def explain_outcome(part: Part, outcome: Outcome, mode: PolicyMode) -> str:
    """Return the meaning of an outcome in a part of the report.

    Args:
        part: The part.
        outcome: One of the outcomes that the part can have.
        mode: The mode of the rules in force.
    """
    return _EVASION_AGREES[mode] if (part, outcome) == (Part.EVASION, Outcome.AGREES) else _MEANINGS[part, outcome]


def determine_outcome(test: ValidationResult) -> Outcome:
    """Return the outcome of one of the six tests."""
    partly = test.only_on_aws and test.result.value != Outcome.PASS.value
    return Outcome.PARTLY if partly else Outcome(test.result.value)
